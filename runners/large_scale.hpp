#pragma once
/// `noesis large-scale`: a large plastic brain, as `noesis simulate` runs it, with defaults for
/// size.

#include <cstdint>

#include "physics/simulate_config.hpp"

namespace CLI {
class App;
}

namespace noesis {

/// A random network of logistic neurons with Oja's rule and homeostasis, in float, of which 256
/// neurons are recorded.
SimulateConfig large_scale_config(std::int64_t num_neurons, std::int64_t synapses_per_neuron);

/// Adds the command; running it sets the exit code.
void add_large_scale_command(CLI::App& app, int& exit_code);

}  // namespace noesis

#pragma once
/// A large brain over workers, timed.

#include <nlohmann/json.hpp>

#include "physics/simulation.hpp"
#include "runners/split_settings.hpp"

namespace noesis::bench {

/// 200,000 logistic neurons x 100 synapses in float, with noise.
ConnectomePtr large_brain();
ConnectomePtr random_brain(std::int64_t num_neurons, std::int64_t in_degree);
BrainSpec large_spec(const std::string& integrator);

struct SplitTiming {
  double step_s = 0;  ///< wall time of a step
  double busy_s = 0;  ///< of a step, of the slowest worker
  double wait_s = 0;  ///< of it, waiting for peers
  nlohmann::ordered_json report;
  std::function<double(const CostModel&)> predicted_step_s = {};
};

/// Some steps of it after one that warms up; no transport: one process, one thread.
SplitTiming time_split(const ConnectomePtr& brain, const BrainSpec& spec,
                       const SplitSettings* settings, int steps);

/// Processes of one thread each on this machine, over ZeroMQ.
SplitSettings processes(int workers);
/// The same workers one after the other, without exchanges.
SplitSettings alone(int workers);

}  // namespace noesis::bench

#pragma once
/// `noesis large-scale --plan`: what a run needs of a device's memory, without running it.

#include <string>

#include "physics/simulate_config.hpp"

namespace noesis {

/// The plan as lines of text, ended by its total against `device_gib`, or against the memory of the
/// device that is here, or 16 GiB, where that is 0.
/// @throws ConfigError when it does not fit, naming the most synapses a neuron that would.
std::string memory_report(const SimulateConfig& config, double device_gib);

}  // namespace noesis

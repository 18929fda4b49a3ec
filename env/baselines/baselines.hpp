#pragma once
/// Scripted baselines, one file a task.

#include <cstdint>
#include <span>
#include <vector>

#include "env/baselines.hpp"
#include "env/tasks/controlled_brain.hpp"

namespace noesis {

/// @throws ConfigError in surgeon mode, which no scripted baseline knows.
void require_currents(const BrainOptions& options);
/// Of each neuron, the recorded site that is this neuron alone; -1 where there is none.
std::vector<std::int64_t> places_in(const Sites& recorded, std::span<const std::int64_t> neurons);

PolicyFactory scripted_steer(const EnvOptions& options);
PolicyFactory scripted_quench(const EnvOptions& options);
PolicyFactory scripted_replay(const EnvOptions& options);
PolicyFactory scripted_tape(const EnvOptions& options);
PolicyFactory persistent_tape(const EnvOptions& options);
PolicyFactory scripted_wake(const EnvOptions& options);
PolicyFactory scripted_discover(const EnvOptions& options);
PolicyFactory linear_emulate(const EnvOptions& options);
PolicyFactory persistent_emulate(const EnvOptions& options);

}  // namespace noesis

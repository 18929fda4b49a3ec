#pragma once
/// Scripted baselines, one file a task.

#include "env/baselines.hpp"

namespace noesis {

PolicyFactory scripted_steer(const EnvOptions& options);
PolicyFactory scripted_discover(const EnvOptions& options);
PolicyFactory linear_emulate(const EnvOptions& options);
PolicyFactory persistent_emulate(const EnvOptions& options);

}  // namespace noesis

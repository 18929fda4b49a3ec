#pragma once
/// Environments by id: "noesis/Steer-v0", "noesis/Discover-v0", "noesis/Emulate-v0". A version
/// changes when returns of old agents would no longer be comparable.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "env/env.hpp"
#include "env/vector_env.hpp"
#include "physics/simulation.hpp"

namespace noesis {

/// Options of an environment: a TOML text, then single keys over it ("amplitude=2").
struct EnvOptions {
  std::string toml;
  std::vector<std::string> overrides;
  std::string source = "environment options";  ///< stands for the TOML's file in errors
  bool may_read_files = true;  ///< false: an option that names a file is a ConfigError
  /// What takes the steps of the brains of all environments that have any (Discover, Emulate,
  /// Quench, Steer, Wake), on the CPU without it. Results do not depend on it; it is called, and
  /// what it makes is used, by one thread at a time.
  BackendFactories make_backend = {};
};

std::vector<std::string> env_ids();

/// The defaults of an id. @throws ConfigError with the nearest id for an unknown one.
EnvSpec env_spec(const std::string& id);
/// Every option of an id, with its default and documentation.
std::vector<ConfigKey> env_option_keys(const std::string& id);

/// A task, and the specification with the options that it was made with.
struct MadeTask {
  std::unique_ptr<Task> task;
  EnvSpec spec;
};

/// `num_threads` 0 means all hardware threads; results do not depend on it. As make() and
/// make_vec(), @throws ConfigError for an unknown id, option, or value.
MadeTask make_task(const std::string& id, std::int64_t num_envs, const EnvOptions& options = {},
                   int num_threads = 1);

/// One environment under its time limit (TimeLimit).
std::unique_ptr<Env> make(const std::string& id, const EnvOptions& options = {},
                          const std::string& render_mode = {});

std::unique_ptr<VectorEnv> make_vec(const std::string& id, std::int64_t num_envs,
                                    const EnvOptions& options = {},
                                    Autoreset autoreset = Autoreset::kNextStep,
                                    int num_threads = 1);

}  // namespace noesis

#pragma once
/// `noesis simulate`: integrates one configuration and writes what the neurons did.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "physics/simulate_config.hpp"
#include "runners/split_settings.hpp"

namespace CLI {
class App;
}

namespace noesis {

struct SimulateOptions {
  std::filesystem::path config;        ///< empty: the defaults
  std::vector<std::string> overrides;  ///< "key=value"
  std::filesystem::path out;           ///< .h5, .npz or .csv; empty: a new folder in runs/
  bool resume = false;                 ///< go on from the checkpoint of an interrupted run
  bool overwrite = false;              ///< replace the recording, or the checkpoint, of `out`
  std::filesystem::path connectome_out = {};  ///< what plasticity made of the connectome; or empty
  std::string backend = {};                   ///< of the key, above all; empty: as it stands
  bool json = false;                          ///< summary to stdout, everything else to stderr
  std::optional<SplitSettings> split = {};    ///< over workers instead of a backend
};

/// Adds --backend.
void add_backend_option(CLI::App& command, SimulateOptions& options);

/// Adds --overwrite, after --resume, which it excludes.
void add_overwrite_option(CLI::App& command, SimulateOptions& options);

/// The configuration that is asked for, over `defaults`. @throws ConfigError.
SimulateConfig read_simulate_config(const SimulateOptions& options, const SimulateConfig& defaults);

/// Runs the configuration, over `defaults`, as the command of that name. Returns the exit code: 0,
/// or 130 when interrupted (state and samples are saved then, and now and then before).
/// @throws ConfigError, also where `out` exists and is neither resumed nor overwritten; RunError.
int simulate(const SimulateOptions& options, const SimulateConfig& defaults = {},
             const std::string& command = "simulate");

}  // namespace noesis

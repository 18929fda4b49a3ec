#pragma once
/// `noesis simulate`: integrates one configuration and writes what the neurons did.

#include <filesystem>
#include <string>
#include <vector>

namespace noesis {

struct SimulateOptions {
  std::filesystem::path config;
  std::vector<std::string> overrides;  ///< "key=value"
  std::filesystem::path out;           ///< .h5, .npz or .csv; empty: a new folder in runs/
  bool resume = false;                 ///< go on from the checkpoint of an interrupted run
  bool json = false;                   ///< summary to stdout, everything else to stderr
};

/// Returns the exit code: 0, or 130 when interrupted (state and samples are saved then).
/// @throws ConfigError, RunError.
int simulate(const SimulateOptions& options);

}  // namespace noesis

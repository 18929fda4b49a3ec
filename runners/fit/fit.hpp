#pragma once
/// `noesis fit`: weights of known wirings from recorded activity.

#include <filesystem>
#include <string>
#include <vector>

namespace noesis {

struct FitCommandOptions {
  std::filesystem::path config;
  std::vector<std::string> overrides;  ///< "key=value"
  std::filesystem::path out;           ///< empty: a new folder in runs/
  std::filesystem::path resume;        ///< folder of an interrupted run; config and out are its own
  bool json = false;                   ///< summary to stdout, everything else to stderr
};

/// Returns the exit code: 0, 1 when a control did not come out as it must, or 130 when interrupted
/// (finished fits and the state of the others are kept then). Leaves config.toml, metrics.jsonl,
/// events.out.tfevents.*, summary.json, report.html, parts/ and fitted/ in its folder.
/// @throws ConfigError, RunError.
int fit(const FitCommandOptions& options);

}  // namespace noesis

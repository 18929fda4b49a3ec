#pragma once
/// `noesis loop`: Phase 1, Phase 2, and the controls by which their verdicts can be trusted.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace noesis {

struct LoopOptions {
  std::filesystem::path config;  ///< empty: the defaults
  bool quick = false;
  std::filesystem::path out;     ///< empty: a new folder in runs/
  std::filesystem::path resume;  ///< the folder of an interrupted run
  std::optional<std::int64_t> seed;
  std::vector<std::string> overrides;  ///< "a.b=value"
  bool json = false;
};

/// 0: done; 1: a control failed; 130: interrupted, and --resume goes on. @throws ConfigError,
/// RunError.
int run_loop(const LoopOptions& options);

}  // namespace noesis

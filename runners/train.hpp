#pragma once
/// `noesis train` and `noesis eval`: agents in environments.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "runners/jobs/run_options.hpp"

namespace noesis {

struct TrainOptions {
  RunOptions run;               ///< config, overrides, out, resume, json
  std::string backend = "cpu";  ///< what takes the steps of brains (runners/factory.hpp)
  int local_workers = 0;        ///< processes that the brains are split over; 0: none
};

/// Returns the exit code: 0, or 130 when interrupted (checkpoints are saved then). Leaves
/// config.toml and summary.json in the run's folder, and in seed-<seed>/ of each agent
/// metrics.jsonl, events.out.tfevents.* and checkpoints/last. @throws ConfigError, RunError;
/// checkpoints of before the failure stay.
int train(const TrainOptions& options);

struct EvalOptions {
  std::filesystem::path checkpoint;  ///< or the folder of a seed, or of a run of one seed
  std::string env;                   ///< empty: the one it was trained in
  std::optional<std::int64_t> episodes;
  std::optional<std::int64_t> seed;
  bool json = false;
};

/// Returns 0. The same checkpoint, environment, episodes and seed give the same returns, bit for
/// bit. @throws ConfigError.
int eval(const EvalOptions& options);

}  // namespace noesis

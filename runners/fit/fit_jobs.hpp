#pragma once
/// The fits of a run as jobs: one for each brain, replicate, length of data and kind of activity.

#include <filesystem>
#include <string>
#include <vector>

#include "runners/fit/fit_config.hpp"
#include "runners/jobs/jobs.hpp"

namespace noesis {

/// What a fit is given.
///
/// | condition | activity                                   | wiring            | weights must |
/// |-----------|--------------------------------------------|-------------------|--------------------|
/// | planted   | as recorded                                | the brain's       | be recovered | |
/// shifted   | each neuron's with a lag of its own        | the brain's       | not be recovered |
/// | rewired   | as recorded                                | every degree kept | not be recovered
/// |
struct FitTask {
  std::size_t brain = 0;  ///< index in FitConfig::brains
  std::int64_t replicate = 0;
  std::int64_t num_samples = 0;
  std::string condition = "planted";

  /// File name of its result.
  std::string id(const FitConfig& config) const;
};

/// Planted at every length; the controls at the longest.
std::vector<FitTask> fit_tasks(const FitConfig& config);

/// The task as a job. While it works, and when it is interrupted, its state is in
/// folder/checkpoints/<id>; `threads` for each job. Fitted weights of the longest planted fit go to
/// folder/fitted/<id>.csv, with neurons and gap junctions beside it.
Job fit_job(const FitConfig& config, const FitTask& task, const std::filesystem::path& folder,
            int threads);

}  // namespace noesis

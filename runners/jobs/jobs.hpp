#pragma once
/// A long run as independent jobs: done side by side, each result kept, none done twice.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace noesis {

/// A name as a part of an id: what may not stand there becomes "-".
std::string id_part(const std::string& name);

/// What a job found: its part of the summary, and what a report draws (null: nothing).
struct JobResult {
  nlohmann::ordered_json record;
  nlohmann::ordered_json plot;
};

/// Told by a job what part of it is done, in [0, 1]; for the progress bar alone.
using JobProgress = std::function<void(double part)>;

/// A pure function of the configuration with a name. `work` runs in one thread, gives nothing when
/// it stopped for interrupt_requested(), and throws for what ends the run.
struct Job {
  std::string id;     ///< file name of its result: letters, digits, - . _
  double cost_s = 1;  ///< about how long it takes on one core; only the order and the ETA know
  std::function<std::optional<JobResult>()> work = {};
  /// In place of `work`, for a job that is long and says how far it is.
  std::function<std::optional<JobResult>(const JobProgress&)> stepwise = {};
};

/// Runs the jobs on `num_threads` threads (0: one a core), the costly ones first. Each result is
/// written to folder/<id>.json and folder/<id>.plot.json when it is there; a job whose result
/// stands there is not run again. Returns the records in the order of the jobs, or nothing when
/// interrupted: the same call goes on from there.
/// @throws what a job throws (others in progress are finished and kept first), ConfigError for a
///   result on disk that is damaged, RunError when one cannot be written.
std::optional<std::vector<nlohmann::ordered_json>> run_jobs(const std::vector<Job>& jobs,
                                                            const std::filesystem::path& folder,
                                                            int num_threads,
                                                            const std::string& label);

}  // namespace noesis

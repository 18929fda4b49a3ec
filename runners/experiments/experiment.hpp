#pragma once
/// What the experiments have in common: conditions and seeds as independent jobs, a summary, words.

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/interrupt.hpp"
#include "runners/jobs/jobs.hpp"
#include "runners/jobs/run_options.hpp"
#include "runners/jobs/words.hpp"
#include "runners/run_folder.hpp"

namespace noesis {

/// An experiment is a struct with
///   Config             with members `seed` and `threads`
///   kName              of the command
///   defaults(quick)    the configuration that files and options change
///   jobs(config)       what is to be done
///   gather(config, records)  the result, from the records in the order of the jobs, with
///                      "conclusions", a list of sentences, and "controls", a list of {"name",
///                      "expected", "found", "holds"}
///   tables(result)     for the terminal
/// Results depend on the configuration alone.
///
/// Runs it as a command. Exit code 1: a control did not come out as it must.
template <class Experiment>
int run_experiment(const RunOptions& options) {
  using Json = nlohmann::ordered_json;
  const auto start = std::chrono::steady_clock::now();
  const auto config = read_run_config(options, Experiment::defaults(options.quick));
  const std::vector<Job> jobs = Experiment::jobs(config);  // refuses before a folder is made
  const std::string digest = result_digest(config);
  const auto folder =
      open_run(options, Experiment::kName, config.seed, digest, config_to_toml(config));
  const InterruptScope interrupts;
  const auto records = run_jobs(jobs, parts_folder(folder), config.threads, Experiment::kName);
  if (!records) return report_interrupted(Experiment::kName, folder);
  const Json result = Experiment::gather(config, *records);
  bool ok = true;
  std::string words = Experiment::tables(result) + "Conclusions\n";
  for (const Json& sentence : result.at("conclusions")) {
    words += "  - " + sentence.get<std::string>() + "\n";
  }
  for (const Json& control : result.at("controls")) {
    ok = ok && control.at("holds").get<bool>();
    if (!control.at("holds").get<bool>()) {
      words += "  ! control " + str(control, "name") + ": expected " + str(control, "expected") +
               ", found " + str(control, "found") + "\n";
    }
  }
  const double wall_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  words += text("%.0f s; %s\n", wall_s,
                ok ? "every control came out as it must" : "CONTROLS FAILED: trust no row above");
  return finish_run(options, folder,
                    make_summary(Experiment::kName, config.seed, digest, wall_s, ok, result),
                    words);
}

/// The records of condition `k` of jobs that were made condition by condition, seed by seed.
inline std::vector<nlohmann::ordered_json> records_of(
    const std::vector<nlohmann::ordered_json>& records, std::size_t k, std::int64_t num_seeds) {
  const auto first = records.begin() + static_cast<std::ptrdiff_t>(k) * num_seeds;
  return {first, first + num_seeds};
}

}  // namespace noesis

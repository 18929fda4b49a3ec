#include "runners/fit/fit.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>
#include <tuple>

#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "core/interrupt.hpp"
#include "runners/fit/fit_result.hpp"
#include "runners/report.hpp"
#include "runners/run_folder.hpp"
#include "runners/run_scalars.hpp"

namespace noesis {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// What results depend on, which the number of threads is no part of.
std::string digest_of(FitConfig config) {
  config.threads = 0;
  return config_digest(config);
}

/// The losses of all fits, as "<brain>/<condition>/<samples>/<replicate>/loss" by tens of
/// iterations.
void log_losses(const fs::path& folder) {
  std::vector<std::tuple<std::int64_t, std::string, double>> points;
  for (const auto& entry : fs::directory_iterator(folder / "parts")) {
    if (!entry.path().string().ends_with(".plot.json")) continue;
    std::ifstream stream(entry.path());
    const Json plot = Json::parse(stream);
    const std::string tag = plot.at("brain").get<std::string>() + "/" +
                            plot.at("condition").get<std::string>() + "/" +
                            std::to_string(plot.at("samples").get<std::int64_t>()) + "/" +
                            std::to_string(plot.at("replicate").get<std::int64_t>()) + "/loss";
    const Json& loss = plot.at("loss");
    for (std::size_t k = 0; k < loss.size(); ++k) {
      if (loss[k].is_number()) {
        points.emplace_back(static_cast<std::int64_t>(10 * k), tag, loss[k].get<double>());
      }
    }
  }
  std::ranges::sort(points);  // a log's steps do not fall
  RunScalars scalars(folder);
  for (const auto& [step, tag, value] : points) scalars.scalar(tag, step, value);
  scalars.flush();
}

void print_result(std::FILE* to, const Json& result, const fs::path& folder, bool reported,
                  double wall_s) {
  std::fprintf(to, "\n%s\n", fit_table(result).c_str());
  for (const Json& sentence : result.at("conclusions")) {
    std::fprintf(to, "  - %s\n", sentence.get<std::string>().c_str());
  }
  std::fprintf(to, "\nweights    %s\nsummary    %s\n", (folder / "fitted").c_str(),
               (folder / "summary.json").c_str());
  if (reported) std::fprintf(to, "report     %s\n", (folder / "report.html").c_str());
  std::fprintf(to, "%.0f s\n", wall_s);
}

}  // namespace

int fit(const RunOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const FitConfig config = read_run_config(options, FitConfig{});
  check_fit_config(config);
  const std::vector<FitTask> tasks = fit_tasks(config);
  std::vector<Job> jobs;
  const int cores = config.threads > 0
                        ? config.threads
                        : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int threads =
      std::max(1, cores / static_cast<int>(std::min<std::size_t>(tasks.size(), 4096)));
  const fs::path folder = make_folder(options, "fit", config.seed);
  try {
    for (const FitTask& task : tasks) jobs.push_back(fit_job(config, task, folder, threads));
    write_file_atomically(config_file(folder), config_to_toml(config));
    std::fprintf(stderr, "noesis fit: running in %s\n", folder.c_str());
    const InterruptScope interrupts;
    const auto records = run_jobs(jobs, parts_folder(folder), cores, "fit");
    if (!records) return report_interrupted("fit", folder);
    const Json result = gather_fits(config, tasks, *records);
    const bool ok = fit_controls_hold(result);
    const double wall_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const Json summary = make_summary("fit", config.seed, digest_of(config), wall_s, ok, result);
    write_file_atomically(folder / "summary.json", summary.dump(2) + "\n");
    log_losses(folder);
    const bool reported = make_report(folder);
    if (options.json) std::printf("%s\n", summary.dump(2).c_str());
    print_result(options.json ? stderr : stdout, result, folder, reported, wall_s);
    return ok ? 0 : 1;
  } catch (...) {
    if (options.resume.empty() && options.out.empty()) remove_empty_run_folder(folder);
    throw;
  }
}

}  // namespace noesis

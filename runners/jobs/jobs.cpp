#include "runners/jobs/jobs.hpp"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cmath>
#include <exception>
#include <fstream>
#include <mutex>
#include <numeric>
#include <thread>

#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "core/interrupt.hpp"
#include "core/progress.hpp"

namespace noesis {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

fs::path record_file(const fs::path& folder, const std::string& id) {
  return folder / (id + ".json");
}

std::optional<Json> read_record(const fs::path& file) {
  std::ifstream stream(file);
  if (!stream) return std::nullopt;
  try {
    return Json::parse(stream);
  } catch (const nlohmann::json::exception& error) {
    throw ConfigError({.what = "the result of a job is damaged",
                       .where = file.string(),
                       .got = error.what(),
                       .allowed = {},
                       .next = "delete the file; --resume then does that job again"});
  }
}

/// The plot first: where there is a record, its plot is there too.
void keep(const fs::path& folder, const std::string& id, const JobResult& result) {
  if (!result.plot.is_null()) {
    write_file_atomically(folder / (id + ".plot.json"), result.plot.dump() + "\n");
  }
  write_file_atomically(record_file(folder, id), result.record.dump(1) + "\n");
}

/// Whole seconds of work, so that the bar moves by cost.
std::int64_t units_of(const Job& job) {
  return std::max<std::int64_t>(1, std::llround(job.cost_s));
}

}  // namespace

std::string id_part(const std::string& name) {
  std::string id;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_') {
      id += c;
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  return id;
}

std::optional<std::vector<Json>> run_jobs(const std::vector<Job>& jobs, const fs::path& folder,
                                          int num_threads, const std::string& label) {
  const InterruptScope interrupts;
  fs::create_directories(folder);
  std::vector<std::optional<Json>> records(jobs.size());
  std::int64_t total = 0;
  std::vector<std::size_t> open;
  for (std::size_t k = 0; k < jobs.size(); ++k) {
    records[k] = read_record(record_file(folder, jobs[k].id));
    if (records[k]) continue;
    open.push_back(k);
    total += units_of(jobs[k]);
  }
  std::ranges::stable_sort(
      open, [&](std::size_t a, std::size_t b) { return jobs[a].cost_s > jobs[b].cost_s; });

  Progress progress(label, total, "core seconds");
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    for (std::size_t n = next++; n < open.size(); n = next++) {
      const Job& job = jobs[open[n]];
      try {
        if (interrupt_requested()) return;
        std::int64_t shown = 0;
        const auto show = [&](double part) {
          const std::int64_t units = units_of(job);
          const std::int64_t now = std::clamp<std::int64_t>(
              std::llround(part * static_cast<double>(units)), shown, units);
          progress.advance(now - shown);
          shown = now;
        };
        const std::optional<JobResult> result = job.stepwise ? job.stepwise(show) : job.work();
        if (!result) return;
        keep(folder, job.id, *result);
        records[open[n]] = result->record;
        show(1);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = open.size();
      }
    }
  };
  const auto cores = num_threads > 0 ? static_cast<unsigned>(num_threads)
                                     : std::max(1U, std::thread::hardware_concurrency());
  {
    std::vector<std::jthread> threads;
    for (unsigned k = 1; k < std::min<std::size_t>(cores, open.size()); ++k)
      threads.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
  std::vector<Json> done;
  for (std::optional<Json>& record : records) {
    if (!record) return std::nullopt;
    done.push_back(std::move(*record));
  }
  return done;
}

}  // namespace noesis

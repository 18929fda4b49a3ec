#include "runners/bench/harness.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>

namespace noesis::bench {
namespace {

constexpr std::size_t kLeastTurns = 5;
constexpr std::size_t kMostTurns = 25;

/// Calls turn() as often as the budget allows.
void repeat(double budget_s, const std::function<double()>& turn) {
  double spent = 0;
  for (std::size_t k = 0; k < kMostTurns && (k < kLeastTurns || spent < budget_s); ++k) {
    spent += turn();
  }
}

}  // namespace

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double seconds_of(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Pair measure(const Work& ours, const Work& baseline, double budget_s) {
  std::vector<double> a, b, ratios;
  ours();
  baseline();
  repeat(budget_s, [&] {
    a.push_back(seconds_of(ours));
    b.push_back(seconds_of(baseline));
    ratios.push_back(b.back() / a.back());
    return a.back() + b.back();
  });
  return {median(a), median(b), median(ratios)};
}

double measure(const Work& work, double budget_s) {
  std::vector<double> times;
  work();
  repeat(budget_s, [&] {
    times.push_back(seconds_of(work));
    return times.back();
  });
  return median(times);
}

MemoryRead::MemoryRead(const ThreadArena& arena)
    : arena_(arena), data_(1 << 25, 1), sums_(static_cast<std::size_t>(arena.num_threads()) * 8) {}

double MemoryRead::bytes() const { return static_cast<double>(data_.size() * sizeof data_[0]); }

void MemoryRead::operator()() {
  const std::int64_t threads = arena_.num_threads();
  const auto size = static_cast<std::int64_t>(data_.size());
  arena_.parallel_for(threads, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t part = first; part < last; ++part) {
      // Several sums, so that no chain of additions holds the reads back.
      std::uint64_t sum[8] = {};
      const std::uint64_t* data = data_.data();
      const std::int64_t end = size * (part + 1) / threads / 8 * 8;
      for (std::int64_t k = size * part / threads / 8 * 8; k < end; k += 8) {
        for (std::int64_t l = 0; l < 8; ++l) sum[l] += data[k + l];
      }
      sums_[static_cast<std::size_t>(part * 8)] =
          std::accumulate(std::begin(sum), std::end(sum), std::uint64_t{0});
    }
  });
}

void Report::note(const std::string& what) const {
  std::fprintf(stderr, "  ... %s\n", what.c_str());
}

void Report::add(Row row) {
  std::string goal;
  if (row.goal) {
    char text[64];
    std::snprintf(text, sizeof text, "   goal %.3g: %s", *row.goal,
                  row.ratio >= *row.goal ? "holds" : "missed");
    goal = text;
  }
  std::printf("%-7s %-66s %10.4g %s\n        %6.2f x %s (%.4g)%s\n", row.name.c_str(),
              row.what.c_str(), row.value, row.unit.c_str(), row.ratio, row.baseline.c_str(),
              row.baseline_value, goal.c_str());
  std::fflush(stdout);
  rows_.push_back(std::move(row));
}

void Report::add_bandwidth(const std::string& name, const std::string& what, double bytes,
                           const Work& work, std::optional<double> goal) {
  MemoryRead read(arena_);
  const Pair time = measure(work, std::ref(read));
  add({name, what, bytes / time.ours / 1e9, "GB/s", "read bandwidth",
       read.bytes() / time.baseline / 1e9, time.ratio * bytes / read.bytes(), goal});
}

std::string Report::json() const {
  auto list = nlohmann::ordered_json::array();
  for (const Row& row : rows_) {
    nlohmann::ordered_json entry = {
        {"name", row.name},   {"case", row.what},         {"value", row.value},
        {"unit", row.unit},   {"baseline", row.baseline}, {"baseline_value", row.baseline_value},
        {"ratio", row.ratio}, {"goal", nullptr},          {"holds", nullptr}};
    if (row.goal) {
      entry["goal"] = *row.goal;
      entry["holds"] = row.ratio >= *row.goal;
    }
    list.push_back(std::move(entry));
  }
  return list.dump(2) + "\n";
}

}  // namespace noesis::bench

#pragma once
/// What the benchmarks share: two pieces of work timed in turn, and the rows that come of it.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/aligned.hpp"
#include "core/threads.hpp"

namespace noesis::bench {

using Work = std::function<void()>;

/// Seconds of two pieces of work that were run in turn, after one run each that warms up.
struct Pair {
  double ours;      ///< median [s]
  double baseline;  ///< median [s]
  double ratio;     ///< median of baseline / ours over the turns: load that comes and goes cancels
};

/// Runs both in turn until `budget_s` is spent, 5 to 25 times.
Pair measure(const Work& ours, const Work& baseline, double budget_s = 2);

double median(std::vector<double> values);

/// Seconds of one run.
double seconds_of(const Work& work);

/// Median seconds of one piece of work, in the same way.
double measure(const Work& work, double budget_s = 1);

/// One figure, beside what it is compared with. The ratio is value over baseline, and a goal is the
/// least ratio that was asked for.
struct Row {
  std::string name;  ///< of the benchmark
  std::string what;  ///< the case
  double value = 0;
  std::string unit;
  std::string baseline;
  double baseline_value = 0;
  double ratio = 0;
  std::optional<double> goal = std::nullopt;
};

/// A plain sum over 256 MiB on all threads of the arena: what reading memory takes.
class MemoryRead {
 public:
  explicit MemoryRead(const ThreadArena& arena);
  void operator()();
  double bytes() const;

 private:
  const ThreadArena& arena_;
  AlignedVector<std::uint64_t> data_;
  std::vector<std::uint64_t> sums_;
};

/// Where a benchmark puts its rows, which are printed at once.
class Report {
 public:
  explicit Report(const ThreadArena& arena) : arena_(arena) {}

  const ThreadArena& arena() const noexcept { return arena_; }
  /// What is being worked on, on stderr, so that nobody waits in the dark.
  void note(const std::string& what) const;
  void add(Row row);
  /// The bytes that some work moves, against the read bandwidth, both measured in turn.
  void add_bandwidth(const std::string& name, const std::string& what, double bytes,
                     const Work& work, std::optional<double> goal);
  const std::vector<Row>& rows() const noexcept { return rows_; }
  /// The rows as a JSON list; `goal` and `holds` are null where nothing was asked for.
  std::string json() const;

 private:
  const ThreadArena& arena_;
  std::vector<Row> rows_;
};

/// A benchmark by name.
struct Bench {
  const char* name;
  const char* what;
  void (*run)(Report&);
};

}  // namespace noesis::bench

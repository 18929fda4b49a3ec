#pragma once
/// How far a long piece of work is: a bar on a terminal, a line now and then elsewhere. It goes to
/// stderr and affects no result.

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>

namespace noesis {

/// Where progress is shown; the defaults are for programs, other values for tests.
struct ProgressOutput {
  std::FILE* stream = stderr;
  /// Whether a bar may be redrawn in place; by default when the stream is a terminal.
  std::function<bool()> is_terminal;
  /// Seconds since any fixed moment; by default a steady clock.
  std::function<double()> now_s;
  /// What else to say, asked for whenever progress is shown, by the thread that shows it; may
  /// be empty.
  std::function<std::string()> note;
};

/// "label  40%  4/10 steps  2/s  3 s left"; without percentage and time left when `total` is 0
/// (unknown).
std::string progress_text(const std::string& label, const std::string& unit, std::int64_t done,
                          std::int64_t total, double elapsed_s);

/// Shows nothing in the first 2 s; then a bar ten times a second, or a line every 10 s.
class Progress {
 public:
  Progress(std::string label, std::int64_t total, std::string unit = "steps",
           ProgressOutput output = {});
  /// Ends the bar's line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Any thread.
  void advance(std::int64_t count = 1);

 private:
  void show(double elapsed_s);

  const std::string label_;
  const std::string unit_;
  const std::int64_t total_;
  ProgressOutput output_;
  bool is_terminal_;
  double start_s_;
  std::atomic<std::int64_t> done_{0};
  std::atomic<double> next_s_;  ///< elapsed time at which to show again
  std::mutex mutex_;
  bool shown_ = false;
};

}  // namespace noesis

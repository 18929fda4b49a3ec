#pragma once
/// Where training and long runs put the numbers that they follow: a log file, TensorBoard, a test.

#include <cstdint>
#include <string_view>

namespace noesis {

/// Takes named scalars. Calls come from one thread at a time; nothing that a sink does may change a
/// result.
class ScalarSink {
 public:
  virtual ~ScalarSink() = default;

  /// `name` is a path such as "losses/value_loss"; `step` counts what the run counts (environment
  /// steps in training) and does not fall from call to call. `value` may be non-finite: it is kept
  /// as such. @throws RunError when it cannot be written.
  virtual void scalar(std::string_view name, std::int64_t step, double value) = 0;

  /// Makes what was given so far visible to readers. @throws RunError.
  virtual void flush() {}
};

}  // namespace noesis

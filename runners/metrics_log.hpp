#pragma once
/// Scalars as lines of JSON, metrics.jsonl: {"step": 2048, "losses/value_loss": 0.5, ...}, a line
/// for each step at which something was logged.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/scalar_sink.hpp"

namespace noesis {

/// One thread at a time. A line is written when the step changes, or a name comes again, or on
/// flush() and at the end. Non-finite values are the strings "NaN", "Infinity" and "-Infinity" (the
/// JSON mapping of Protocol Buffers), since JSON has no numbers for them. The bytes depend on what
/// was logged alone.
class MetricsLog final : public ScalarSink {
 public:
  /// Starts the file anew; with `resume_step` goes on with the one that is there, without its lines
  /// of later steps and a last line that was cut off: if a run saves its state after everything of
  /// that step was logged, its log is in the end that of a run that was never interrupted.
  /// @throws RunError naming file and line where that is not a log, or it cannot be written.
  explicit MetricsLog(std::filesystem::path file, std::optional<std::int64_t> resume_step = {});
  /// Writes the last line, if that works: call flush() before to know.
  ~MetricsLog() override;
  MetricsLog(const MetricsLog&) = delete;
  MetricsLog& operator=(const MetricsLog&) = delete;

  /// @throws RunError where it cannot be written; ConfigError for an empty name or "step".
  void scalar(std::string_view name, std::int64_t step, double value) override;
  void flush() override;

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  void write_line();

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
  nlohmann::ordered_json line_;  ///< of the step at hand; null where nothing was logged
};

}  // namespace noesis

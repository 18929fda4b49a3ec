#pragma once
/// What a run logs, in both of its files: metrics.jsonl and TensorBoard's.

#include "runners/metrics_log.hpp"
#include "runners/tensorboard.hpp"

namespace noesis {

/// Give `resume_step` when the run goes on after that step; see MetricsLog and TensorboardWriter.
class RunScalars final : public ScalarSink {
 public:
  explicit RunScalars(const std::filesystem::path& folder,
                      std::optional<std::int64_t> resume_step = {})
      : metrics_(folder / "metrics.jsonl", resume_step), tensorboard_(folder, resume_step) {}

  void scalar(std::string_view name, std::int64_t step, double value) override {
    metrics_.scalar(name, step, value);
    tensorboard_.scalar(name, step, value);
  }
  void flush() override {
    metrics_.flush();
    tensorboard_.flush();
  }

 private:
  MetricsLog metrics_;
  TensorboardWriter tensorboard_;
};

}  // namespace noesis

#include "env/tasks/replay.hpp"

#include <Eigen/Dense>
#include <algorithm>

#include "core/error.hpp"
#include "env/baselines/baselines.hpp"
#include "env/tasks/timed.hpp"

namespace noesis {
namespace {

constexpr double kRidge = 1e-2;             ///< times the number of bins, in variances
constexpr std::int64_t kMostBins = 20'000;  ///< that are fitted
constexpr std::int64_t kMostUnits = 300;    ///< beyond these it would take minutes

/// Each unit's next count as a linear function of all units' memories, floored; the memories are
/// kept from the bins as they are observed, which the observation tells in full.
class LinearRates final : public Policy {
 public:
  LinearRates(std::shared_ptr<const ReplayScale> scale, std::shared_ptr<const Eigen::MatrixXd> map)
      : scale_(std::move(scale)), map_(std::move(map)) {}

  void act(std::span<const float> observation, std::span<float> action) override {
    const auto units = std::ssize(action);
    Eigen::VectorXd input(std::ssize(observation) + 1);
    for (std::int64_t i = 0; i < std::ssize(observation); ++i) {
      input[i] = static_cast<double>(observation[static_cast<std::size_t>(i)]);
    }
    input[std::ssize(observation)] = 1;
    const Eigen::VectorXd rates = *map_ * input;
    for (std::int64_t u = 0; u < units; ++u) {
      action[static_cast<std::size_t>(u)] = static_cast<float>(
          scale_->scaled(u, std::max(rates[u], scale_->mean(u) / ReplayScale::kRange)));
    }
  }

 private:
  std::shared_ptr<const ReplayScale> scale_;
  std::shared_ptr<const Eigen::MatrixXd> map_;  ///< (units x (memories + 1))
};

/// Ridge regression of the counts on the observation before, over the training part.
Eigen::MatrixXd fit(const BinnedRecording& recording, const ReplayScale& scale) {
  const std::int64_t units = recording.num_units;
  require(units <= kMostUnits, "the scripted baseline fits all units on all units", "recording",
          units, "up to 300 units");
  const std::int64_t bins = std::min(bins_of("train", recording.num_bins()).end, kMostBins);
  const std::int64_t inputs = ReplayScale::kMemories * units + 1;
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(inputs, inputs);
  Eigen::MatrixXd target = Eigen::MatrixXd::Zero(inputs, units);
  std::vector<double> memories;
  for (std::int64_t k = 0; k < ReplayScale::kMemories; ++k) {
    for (std::int64_t u = 0; u < units; ++u) memories.push_back(scale.mean(u));
  }
  Eigen::VectorXd input = Eigen::VectorXd::Ones(inputs);
  Eigen::VectorXd counts(units);
  for (std::int64_t b = 0; b + 1 < bins; ++b) {
    scale.remember(recording.bin(b), memories);
    for (std::int64_t i = 0; i + 1 < inputs; ++i) {
      input[i] = scale.scaled(i % units, memories[static_cast<std::size_t>(i)]);
    }
    for (std::int64_t u = 0; u < units; ++u) {
      counts[u] = recording.bin(b + 1)[static_cast<std::size_t>(u)];
    }
    gram.selfadjointView<Eigen::Lower>().rankUpdate(input);
    target += input * counts.transpose();
  }
  gram.diagonal().head(inputs - 1).array() += kRidge * static_cast<double>(bins);
  return gram.selfadjointView<Eigen::Lower>().ldlt().solve(target).transpose();
}

}  // namespace

PolicyFactory scripted_replay(const EnvOptions& options) {
  const auto config = read_options<ReplayOptions>("noesis/Replay-v0", options).task;
  const auto recording = replayed_recording(config);
  const auto scale = std::make_shared<const ReplayScale>(*recording);
  const auto map = std::make_shared<const Eigen::MatrixXd>(fit(*recording, *scale));
  return [=](std::uint64_t) { return std::make_unique<LinearRates>(scale, map); };
}

}  // namespace noesis

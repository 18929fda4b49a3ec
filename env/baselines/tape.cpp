#include "env/tasks/tape.hpp"

#include <Eigen/Dense>
#include <algorithm>

#include "env/baselines/baselines.hpp"
#include "env/tasks/timed.hpp"

namespace noesis {
namespace {

/// The last value once more.
class LastValue final : public Policy {
 public:
  void act(std::span<const float> observation, std::span<float> action) override {
    action[0] = observation.back();
  }
};

/// A linear predictor of the next value from the window, learnt while it runs by recursive least
/// squares with forgetting (Haykin, Adaptive Filter Theory, ch. 10). A sum of K sines obeys a
/// linear recurrence of order 2 K.
class AdaptiveFilter final : public Policy {
 public:
  static constexpr double kForgetting = 0.99;
  static constexpr double kFirstVariance = 1e4;
  static constexpr double kMostVariance = 1e8;  ///< of the trace: a regime must not blow it up

  explicit AdaptiveFilter(std::int64_t window)
      : weights_(Eigen::VectorXd::Zero(window)),
        variance_(kFirstVariance * Eigen::MatrixXd::Identity(window, window)) {
    weights_[window - 1] = 1;  // persistence, before anything is known
  }

  void act(std::span<const float> observation, std::span<float> action) override {
    const Eigen::VectorXd now =
        Eigen::Map<const Eigen::VectorXf>(observation.data(), std::ssize(observation))
            .cast<double>();
    if (before_.size() > 0) learn(now[now.size() - 1]);
    before_ = now;
    action[0] = static_cast<float>(std::clamp(weights_.dot(now), -1.0, 1.0));
  }

 private:
  void learn(double value) {
    const Eigen::VectorXd spread = variance_ * before_;
    const Eigen::VectorXd gain = spread / (kForgetting + before_.dot(spread));
    weights_ += gain * (value - weights_.dot(before_));
    variance_ -= gain * spread.transpose();
    if (variance_.trace() < kMostVariance) variance_ /= kForgetting;
    variance_ = (variance_ + variance_.transpose().eval()) / 2;
  }

  Eigen::VectorXd weights_, before_;
  Eigen::MatrixXd variance_;
};

}  // namespace

PolicyFactory persistent_tape(const EnvOptions& options) {
  read_options<TapeOptions>("noesis/Tape-v0", options);  // refuses what the task would
  return [](std::uint64_t) { return std::make_unique<LastValue>(); };
}

PolicyFactory scripted_tape(const EnvOptions& options) {
  const auto config = read_options<TapeOptions>("noesis/Tape-v0", options).task;
  return
      [window = config.window](std::uint64_t) { return std::make_unique<AdaptiveFilter>(window); };
}

}  // namespace noesis

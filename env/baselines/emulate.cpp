#include "env/tasks/emulate.hpp"

#include <Eigen/Dense>
#include <algorithm>

#include "env/baselines/baselines.hpp"
#include "env/tasks/timed.hpp"
#include "physics/tape.hpp"

namespace noesis {
namespace {

constexpr std::uint64_t kTapeSeed = 0x74617065;  // of the tape that the linear model is fitted to
constexpr std::int64_t kTapeSamples = 2000;
constexpr double kRidge = 1e-3;  ///< times the number of samples

/// The last observation for ever.
class Persistence final : public Policy {
 public:
  void act(std::span<const float> observation, std::span<float> action) override {
    last_.resize(action.size());
    if (observation.back() > 0) {
      std::copy_n(observation.begin(), action.size(), last_.begin());
    }
    std::copy(last_.begin(), last_.end(), action.begin());
  }

 private:
  std::vector<float> last_;
};

/// x' = A [x, u, 1], iterated when the observations are cut.
class LinearModel final : public Policy {
 public:
  explicit LinearModel(std::shared_ptr<const Eigen::MatrixXd> map)
      : map_(std::move(map)), input_(Eigen::VectorXd::Zero(map_->cols())) {}

  void act(std::span<const float> observation, std::span<float> action) override {
    const auto units = static_cast<Eigen::Index>(action.size());
    if (observation.back() > 0) {
      for (Eigen::Index k = 0; k + 1 < input_.size(); ++k) {
        input_[k] = observation[static_cast<std::size_t>(k)];
      }
    } else {
      input_.segment(units, input_.size() - units).setZero();  // no touches when cut
    }
    input_[input_.size() - 1] = 1;
    const Eigen::VectorXd next = (*map_ * input_).cwiseMax(-1.0).cwiseMin(1.0);
    for (Eigen::Index k = 0; k < units; ++k) {
      action[static_cast<std::size_t>(k)] = static_cast<float>(next[k]);
      input_[k] = next[k];
    }
  }

 private:
  std::shared_ptr<const Eigen::MatrixXd> map_;  ///< (units x (units + sites + 1))
  Eigen::VectorXd input_;
};

/// Ridge regression of each sample on the one before and the touch between.
Eigen::MatrixXd fit_linear(const EmulateOptions& options) {
  const Subject subject =
      make_subject(options.subject, static_cast<std::uint64_t>(options.brain_seed));
  const ThreadArena arena(1);
  const EmulateScale scale(subject, options);
  const auto process = make_process(subject, arena, options.noise);
  const Tape tape = record_tape(*process, kTapeSeed, kTapeSamples,
                                {.fraction = options.touched_fraction,
                                 .amplitude = scale.touch_unit(),
                                 .pulse_samples = subject.pulse_samples,
                                 .scale = {}});
  const std::int64_t units = tape.num_units;
  const std::int64_t columns = units + tape.num_sites + 1;
  Eigen::MatrixXd before(kTapeSamples - 1, columns), after(kTapeSamples - 1, units);
  for (std::int64_t t = 0; t + 1 < kTapeSamples; ++t) {
    for (std::int64_t u = 0; u < units; ++u) {
      const auto at = static_cast<std::size_t>(u);
      before(t, u) = scale.scaled(u, tape.observation(t)[at]);
      after(t, u) = scale.scaled(u, tape.observation(t + 1)[at]);
    }
    for (std::int64_t s = 0; s < tape.num_sites; ++s) {
      before(t, units + s) = tape.input(t + 1)[static_cast<std::size_t>(s)] / scale.touch_unit();
    }
    before(t, columns - 1) = 1;
  }
  Eigen::MatrixXd gram = before.transpose() * before;
  gram.diagonal().array() += kRidge * static_cast<double>(kTapeSamples);
  return gram.ldlt().solve(before.transpose() * after).transpose();
}

}  // namespace

PolicyFactory linear_emulate(const EnvOptions& options) {
  const auto config = read_options<EmulateOptions>("noesis/Emulate-v0", options).task;
  const auto map = std::make_shared<const Eigen::MatrixXd>(fit_linear(config));
  return [map](std::uint64_t) { return std::make_unique<LinearModel>(map); };
}

PolicyFactory persistent_emulate(const EnvOptions& options) {
  read_options<EmulateOptions>("noesis/Emulate-v0", options);  // refuses what the task would
  return [](std::uint64_t) { return std::make_unique<Persistence>(); };
}

}  // namespace noesis

#include "env/tasks/steer.hpp"

#include <algorithm>

#include "env/baselines/baselines.hpp"
#include "env/tasks/timed.hpp"

namespace noesis {
namespace {

/// Current for each unit of error, in the unit of the drive: with actions every 0.2 tau it damps
/// the oscillation around every target (half of it leaves some).
constexpr double kGain = 12;

/// The current that holds the target by the equations, plus feedback where the neuron is recorded
/// by itself.
class HoldAndCorrect final : public Policy {
 public:
  /// `place` of each target's neuron in the observation, -1 where it is not there.
  HoldAndCorrect(std::shared_ptr<const SteerTargets> targets, std::vector<std::int64_t> place,
                 double amplitude)
      : targets_(std::move(targets)), place_(std::move(place)), amplitude_(amplitude) {}

  void act(std::span<const float> observation, std::span<float> action) override {
    const auto target = observation.last(action.size());
    if (holding_.empty()) {  // one target an episode
      holding_ = targets_->holding_current(std::vector<double>(target.begin(), target.end()));
    }
    for (std::size_t k = 0; k < action.size(); ++k) {
      double current = holding_[k];
      if (place_[k] >= 0) {
        const float rate = observation[static_cast<std::size_t>(place_[k])];
        current += kGain * static_cast<double>(target[k] - rate);
      }
      action[k] = static_cast<float>(std::clamp(current / amplitude_, -1.0, 1.0));
    }
  }

 private:
  std::shared_ptr<const SteerTargets> targets_;
  std::vector<std::int64_t> place_;
  double amplitude_;
  std::vector<double> holding_;
};

}  // namespace

PolicyFactory scripted_steer(const EnvOptions& options) {
  const auto config = read_options<SteerOptions>("noesis/Steer-v0", options).task;
  require_currents(config.brain);
  const Subject subject = steered_subject(config);
  auto targets = std::make_shared<const SteerTargets>(subject, config);
  auto place =
      places_in(select_sites(config.brain.recorded, subject.num_units,
                             static_cast<std::uint64_t>(config.brain.brain_seed), "recorded"),
                targets->neurons());
  return [=](std::uint64_t) {
    return std::make_unique<HoldAndCorrect>(targets, place, config.brain.amplitude);
  };
}

}  // namespace noesis

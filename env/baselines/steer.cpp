#include "env/tasks/steer.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "env/baselines/baselines.hpp"
#include "env/tasks/timed.hpp"

namespace noesis {
namespace {

/// Current for each unit of error, in the unit of the drive: with actions every 0.2 tau it damps
/// the oscillation around every target (half of it leaves some).
constexpr double kGain = 12;

/// The current that holds the target by the equations, plus feedback where the site is recorded.
class HoldAndCorrect final : public Policy {
 public:
  HoldAndCorrect(std::shared_ptr<const SteerTargets> targets, std::vector<std::int64_t> recorded,
                 double amplitude)
      : targets_(std::move(targets)), recorded_(std::move(recorded)), amplitude_(amplitude) {}

  void act(std::span<const float> observation, std::span<float> action) override {
    const auto target = observation.subspan(recorded_.size());
    if (holding_.empty()) {  // one target an episode
      holding_ = targets_->holding_current(std::vector<double>(target.begin(), target.end()));
    }
    for (std::size_t k = 0; k < action.size(); ++k) {
      double current = holding_[k];
      const auto seen = std::lower_bound(recorded_.begin(), recorded_.end(), targets_->sites()[k]);
      if (seen != recorded_.end() && *seen == targets_->sites()[k]) {
        const float rate = observation[static_cast<std::size_t>(seen - recorded_.begin())];
        current += kGain * static_cast<double>(target[k] - rate);
      }
      action[k] = static_cast<float>(std::clamp(current / amplitude_, -1.0, 1.0));
    }
  }

 private:
  std::shared_ptr<const SteerTargets> targets_;
  std::vector<std::int64_t> recorded_;
  double amplitude_;
  std::vector<double> holding_;
};

}  // namespace

PolicyFactory scripted_steer(const EnvOptions& options) {
  const auto config = read_options<SteerOptions>("noesis/Steer-v0", options).task;
  if (config.action_mode != "current") {
    throw ConfigError({.what = "the scripted baseline steers by currents only",
                       .where = "action_mode",
                       .got = config.action_mode,
                       .allowed = "current",
                       .next = {}});
  }
  const Subject subject =
      make_subject(config.subject, static_cast<std::uint64_t>(config.brain_seed));
  auto targets = std::make_shared<const SteerTargets>(subject, config);
  auto recorded = select_sites(config.recorded, subject.num_units,
                               static_cast<std::uint64_t>(config.brain_seed), "recorded");
  return [=](std::uint64_t) {
    return std::make_unique<HoldAndCorrect>(targets, recorded, config.amplitude);
  };
}

}  // namespace noesis

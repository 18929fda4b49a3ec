#include "env/tasks/steer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/error.hpp"
#include "env/registry.hpp"
#include "env/tasks/wilson_cowan_inverse.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kNeurons = 10;
constexpr std::uint64_t kSeed = 3;

std::vector<float> floats(const Value& value) {
  const auto values = value.array()->values<float>();
  return {values.begin(), values.end()};
}
EnvOptions with(std::vector<std::string> overrides) {
  return {.toml = {}, .overrides = std::move(overrides)};
}

Dict nothing() {
  const Array flags = Array(std::vector<std::uint8_t>(kNeurons));
  const Array zeros = Array(std::vector<float>(kNeurons));
  return {{"clamp", flags},
          {"current", zeros},
          {"lesion", flags},
          {"level", zeros},
          {"silence", flags}};
}
Value flag(std::size_t neuron) {
  std::vector<std::uint8_t> flags(kNeurons);
  flags[neuron] = 1;
  return Array(std::move(flags));
}

/// The same brain without a task around it.
class Twin {
 public:
  explicit Twin(std::uint64_t seed)
      : subject_(make_subject("reference-10", 0)),
        brain_({subject_.connectome}, subject_.brain, {seed}, arena_) {}
  Surgeon<double>& surgeon() { return brain_.surgeon(); }
  /// Rates after one control interval of 0.2 tau.
  std::vector<float> step() {
    brain_.advance_to(brain_.time_ms() + 2);
    std::vector<float> rates;
    for (std::int64_t i = 0; i < kNeurons; ++i) {
      rates.push_back(static_cast<float>(brain_.state().at(0, 0, i)));
    }
    return rates;
  }

 private:
  ThreadArena arena_{1};
  Subject subject_;
  Simulation<double> brain_;
};

/// Recorded rates of an observation.
std::vector<float> rates(const Value& observation) {
  auto values = floats(observation);
  values.resize(kNeurons);
  return values;
}

// The energy and the exact effect of each intervention, against the surgeon's own. Broken by
// swapping two parts of the flat action, or by leaving out clear() (silence would last).
TEST(Steer, SurgeonActionsDoExactlyWhatTheySay) {
  struct Operation {
    const char* name;
    Dict action;
    std::function<void(Surgeon<double>&)> now, after;
    double energy;
  };
  const auto change = [](const char* key, Value value) {
    Dict action = nothing();
    action[key] = std::move(value);
    return action;
  };
  std::vector<float> half(kNeurons);
  half[2] = 0.5;
  Dict clamp = change("clamp", flag(4));
  std::vector<float> level(kNeurons);
  level[4] = 0.75;
  clamp["level"] = Array(level);
  const std::vector<Operation> operations = {
      {"current", change("current", Array(half)), [](auto& s) { s.set_current(0, 2, 0.5 * 4); },
       [](auto& s) { s.set_current(0, 2, 0); }, 0.25 / kNeurons},
      {"silence", change("silence", flag(6)), [](auto& s) { s.silence(0, 6); },
       [](auto& s) { s.silence(0, 6, false); }, 1.0 / kNeurons},
      {"clamp", clamp, [](auto& s) { s.clamp(0, 4, 0.75); }, [](auto& s) { s.release(0, 4); },
       1.0 / kNeurons},
      {"lesion", change("lesion", flag(8)), [](auto& s) { s.lesion(0, 8); }, [](auto&) {},
       1.0 / kNeurons},
  };
  for (const Operation& operation : operations) {
    const auto env = make("noesis/Steer-v0", with({"action_mode=surgeon"}));
    Twin twin(episode_seed(kSeed, 0));
    const auto untouched = make("noesis/Steer-v0", with({"action_mode=surgeon"}));
    env->reset(kSeed);
    untouched->reset(kSeed);
    bool differs = false;
    for (int k = 0; k < 12; ++k) {
      const bool on = k == 5;
      if (on) operation.now(twin.surgeon());
      const StepResult step = env->step(on ? operation.action : nothing());
      EXPECT_EQ(rates(step.observation), twin.step()) << operation.name << ", step " << k;
      EXPECT_NEAR(step.info.at("energy").array()->at(0), on ? operation.energy : 0, 1e-15);
      if (on) operation.after(twin.surgeon());
      differs = differs || rates(step.observation) != rates(untouched->step(nothing()).observation);
    }
    EXPECT_TRUE(differs) << operation.name << " does nothing";
  }
}

TEST(Steer, LesionsLastUntilTheEpisodeEnds) {
  const auto env = make("noesis/Steer-v0", with({"action_mode=surgeon"}));
  env->reset(kSeed);
  Dict lesion = nothing();
  lesion["lesion"] = flag(1);
  env->step(lesion);
  EXPECT_EQ(rates(env->step(nothing()).observation)[1], 0);
  env->reset();
  EXPECT_NE(rates(env->step(nothing()).observation)[1], 0);
}

TEST(Steer, CurrentsReachTheBrainScaled) {
  const auto env = make("noesis/Steer-v0", with({"amplitude=3", "stimulated=2,5", "recorded=5,"}));
  EXPECT_EQ(env->action_space(), Space(uniform_box({2}, -1, 1)));
  EXPECT_EQ(env->observation_space().flat_size(), 1 + 2);
  env->reset(kSeed);
  Twin twin(episode_seed(kSeed, 0));
  twin.surgeon().set_current(0, 2, -3);
  twin.surgeon().set_current(0, 5, 1.5);
  const StepResult step = env->step(Array(std::vector<float>{-1, 0.5}));
  EXPECT_EQ(floats(step.observation)[0], twin.step()[5]);
}

// reward = -distance / 0.1 - energy_weight energy, with all neurons recorded and stimulated.
TEST(Steer, RewardIsDistanceAndEnergy) {
  const auto env = make("noesis/Steer-v0", with({"energy_weight=0.3"}));
  env->reset(kSeed);
  const StepResult step = env->step(Array(std::vector<float>(kNeurons, 0.5f)));
  const auto values = floats(step.observation);
  double squares = 0;
  for (std::size_t i = 0; i < kNeurons; ++i) {
    squares += std::pow(values[i] - values[kNeurons + i], 2) / kNeurons;
  }
  EXPECT_NEAR(step.reward, -std::sqrt(squares) / 0.1 - 0.3 * 0.25, 1e-5);
  EXPECT_NEAR(step.info.at("distance").array()->at(0), std::sqrt(squares), 1e-6);
}

// The fixed point is one: held there, a brain put on it stays. Broken by a sign or a factor
// anywhere in the inverse of the equations; tried with the worm for its gap junctions.
TEST(Steer, HoldingCurrentsMakeTheTargetAFixedPoint) {
  for (const char* name : {"reference-10", "celegans"}) {
    const Subject subject = make_subject(name, 0);
    const std::int64_t n = subject.num_units;
    const ThreadArena arena(1);
    Simulation<double> brain({subject.connectome}, subject.brain, {0}, arena);
    std::vector<double> target;
    for (std::int64_t i = 0; i < n; ++i)
      target.push_back(0.05 + 0.3 * static_cast<double>(i) / static_cast<double>(n));
    const std::vector<double> current = HoldingCurrent(subject).of(target);
    std::vector<double> inhibition(target.size());
    resting_inhibition(subject.brain.model.wilson_cowan, target, inhibition);
    State<double> x = brain.state();
    for (std::int64_t i = 0; i < n; ++i) {
      const auto k = static_cast<std::size_t>(i);
      brain.surgeon().set_current(0, i, current[k]);
      x.at(0, 0, i) = target[k];
      x.at(0, 1, i) = inhibition[k];
    }
    State<double> slope(x.shape());
    brain.system().derivative(x, slope);
    for (std::int64_t k = 0; k < slope.size(); ++k) EXPECT_NEAR(slope.data()[k], 0, 1e-12) << name;
  }
}

TEST(Steer, HoldingCurrentsHoldRateNetworksToo) {
  SteerOptions options;
  options.model = "rate";
  const Subject subject = steered_subject(options);
  EXPECT_EQ(subject.brain.model.rate.coupling, 2);  // the subject's G
  const ThreadArena arena(1);
  Simulation<double> brain({subject.connectome}, subject.brain, {0}, arena);
  std::vector<double> target;
  for (std::int64_t i = 0; i < kNeurons; ++i) target.push_back(0.05 * static_cast<double>(i) - 0.2);
  const std::vector<double> current = HoldingCurrent(subject).of(target);
  State<double> x = brain.state();
  for (std::int64_t i = 0; i < kNeurons; ++i) {
    brain.surgeon().set_current(0, i, current[static_cast<std::size_t>(i)]);
    x.at(0, 0, i) = std::atanh(target[static_cast<std::size_t>(i)]);
  }
  State<double> slope(x.shape());
  brain.system().derivative(x, slope);
  for (std::int64_t k = 0; k < slope.size(); ++k) EXPECT_NEAR(slope.data()[k], 0, 1e-12);
}

TEST(Steer, TargetsAreNewAtEveryResetAndWithinTheLimits) {
  SteerOptions options;
  const Subject subject = steered_subject(options);
  const SteerTargets targets(subject, options);
  EXPECT_EQ(targets.draw(1), targets.draw(1));
  EXPECT_NE(targets.draw(1), targets.draw(2));
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto target = targets.draw(seed);
    EXPECT_THAT(target, ::testing::Each(::testing::AllOf(::testing::Ge(options.target_low),
                                                         ::testing::Le(options.target_high))));
    for (const double current : targets.holding_current(target)) {
      EXPECT_LE(std::abs(current), SteerTargets::kHoldingShare * options.brain.amplitude);
    }
  }
}

// Broken by an option that does not reach the brain, and by numbers of a snapshot that are taken
// for those of the other precision.
TEST(Steer, SinglePrecisionIsTheSameBrainRounded) {
  const std::vector<std::string> worm = {"subject=celegans", "noise=0.01"};
  std::vector<std::string> rounded = worm;
  rounded.emplace_back("precision=float");
  for (const bool by_snapshot : {false, true}) {
    const auto exact = make_vec("noesis/Steer-v0", 3, with(worm), Autoreset::kNextStep, 1);
    const auto single = make_vec("noesis/Steer-v0", 3, with(rounded), Autoreset::kNextStep, 1);
    exact->reset(kSeed);
    single->reset(by_snapshot ? kSeed + 1 : kSeed);
    const std::vector<float> actions(static_cast<std::size_t>(3 * exact->action_size()), 0.25f);
    exact->step(actions);
    if (by_snapshot) {
      for (std::int64_t env = 0; env < 3; ++env) single->restore(env, exact->snapshot(env));
    } else {
      single->step(actions);
    }
    exact->step(actions);
    single->step(actions);
    EXPECT_FALSE(std::ranges::equal(exact->observations(), single->observations()));
    EXPECT_THAT(single->observations(),
                ::testing::Pointwise(::testing::FloatNear(2e-6f), exact->observations()));
  }
}

TEST(Steer, TakesATargetAsAResetOption) {
  const auto env = make("noesis/Steer-v0");
  const std::vector<double> target(kNeurons, 0.25);
  const auto values = floats(env->reset(kSeed, {{"target", Array(target)}}).observation);
  EXPECT_EQ(values[kNeurons], 0.25f);
  EXPECT_THROW(env->reset(kSeed, {{"target", Array(std::vector<double>{0.25})}}), ConfigError);
  EXPECT_THROW(env->reset(kSeed, {{"targets", Array(target)}}), ConfigError);
}

TEST(Steer, RefusesWhatCannotBe) {
  const auto refuses = [](std::vector<std::string> overrides) {
    EXPECT_THROW(make("noesis/Steer-v0", with(overrides))->reset(0), ConfigError) << overrides[0];
  };
  refuses({"subject=lorenz63"});
  refuses({"subject=nobody"});
  refuses({"control_interval=0.33"});
  refuses({"control_interval=1e-9"});
  refuses({"target_low=0.5", "target_high=0.4"});
  refuses({"target_low=0.999", "target_high=1"});
  refuses({"amplitude=0.01"});
  refuses({"stimulated=random:11"});
  const auto env = make("noesis/Steer-v0");
  env->reset(0);
  std::vector<float> action(kNeurons);
  action[7] = std::nanf("");
  try {
    env->step(Array(action));
    FAIL() << "NaN was taken";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.parts().where, "action[0, 7]");
  }
}

}  // namespace
}  // namespace noesis

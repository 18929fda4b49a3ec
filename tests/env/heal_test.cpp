#include "env/tasks/heal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "env/registry.hpp"
#include "physics/vitals/activity.hpp"
#include "physics/vitals/lyapunov.hpp"

namespace noesis {
namespace {

EnvOptions with(std::vector<std::string> overrides) {
  return {.toml = {}, .overrides = std::move(overrides)};
}
double number(const Dict& info, const char* key) { return info.at(key).array()->at(0); }
std::vector<float> constant(const VectorEnv& envs, float level) {
  return std::vector<float>(static_cast<std::size_t>(envs.num_envs() * envs.action_size()), level);
}

// The window against the measures of a whole series: broken by a sample that is not taken out.
TEST(HealthWindows, AreTheMeasuresOfTheLastSamples) {
  constexpr std::int64_t kNeurons = 3, kLength = 7;
  HealthWindows windows(2, kNeurons, kLength, 0.25);
  std::vector<double> series;
  for (int k = 0; k < 23; ++k) {
    std::vector<double> rates;
    for (int i = 0; i < kNeurons; ++i) rates.push_back(0.5 + 0.5 * std::sin(1.3 * k * (i + 1)));
    windows.add(1, rates);
    series.insert(series.end(), rates.begin(), rates.end());
    const auto samples = static_cast<std::size_t>(std::min<std::int64_t>(k + 1, kLength));
    const Activity expected =
        measure_activity(SeriesView{.data = series.data() + series.size() - samples * kNeurons,
                                    .num_samples = static_cast<std::int64_t>(samples),
                                    .num_units = kNeurons});
    const Health health = windows.measure(1);
    EXPECT_NEAR(health.mean_rate, expected.mean_rate, 1e-12);
    EXPECT_NEAR(health.variation, expected.unit_deviation / 0.25, 1e-7);
    EXPECT_NEAR(health.saturated_fraction, expected.saturated_fraction, 1e-12);
  }
  EXPECT_EQ(windows.measure(0).mean_rate, 0);
  windows.clear(1);
  EXPECT_EQ(windows.measure(1).variation, 0);
}

TEST(Health, IsZeroWhereTheVerdictSaysIllAndOneWhereItNoLongerDoes) {
  const Health well{.mean_rate = 0.4, .saturated_fraction = 0.2, .variation = 0.3};
  EXPECT_DOUBLE_EQ(well.value(), 1);
  const auto changed = [&](auto change) {
    Health health = well;
    change(health);
    return health.value();
  };
  EXPECT_EQ(changed([](Health& h) { h.mean_rate = 0.6; }), 0);
  EXPECT_EQ(changed([](Health& h) { h.saturated_fraction = 0.5; }), 0);
  EXPECT_EQ(changed([](Health& h) { h.variation = 0.1; }), 0);
  EXPECT_NEAR(changed([](Health& h) { h.mean_rate = 0.5; }), 0.5, 1e-12);
  EXPECT_NEAR(changed([](Health& h) { h.variation = 0.2; }), 0.5, 1e-12);
}

// The meter against the spectrum that the tangent equations give, at a drive under which the brain
// is chaotic. Broken by inputs that do not reach the twin, or a twin that is not brought back.
TEST(ChaosMeter, AgreesWithTheLyapunovSpectrum) {
  WakeOptions options;
  options.brain.subject = "reference-20";
  Subject subject = comatose_subject(options);
  const ThreadArena arena(1);
  constexpr double kInterval = 0.5, kTau = 1500;
  constexpr auto kIntervals = static_cast<std::int64_t>(kTau / kInterval);
  Simulation<double> brains({subject.connectome}, subject.brain, {0, 0}, arena);
  ChaosMeter meter(subject, 2, kInterval, kIntervals, arena);
  for (const std::int64_t env : {0, 1}) {
    brains.reset(env, 3);
    meter.reset(brains, env, 3);
  }
  for (std::int64_t i = 0; i < subject.num_units; ++i) brains.surgeon().set_current(1, i, 3.25);
  for (std::int64_t k = 1; k <= kIntervals; ++k) {
    brains.advance_to(static_cast<double>(k) * kInterval * subject.tau_ms);
    meter.follow(brains);
    meter.measure(brains);
  }
  for (const std::int64_t env : {0, 1}) {
    if (env == 1) subject.brain.drive.mean += 3.25;
    const auto driven = make_simulation(subject, 3, arena);
    LyapunovOptions measured{.dt = subject.brain.integrator.dt_ms,
                             .transient = 200 * subject.tau_ms,
                             .duration = kTau * subject.tau_ms,
                             .renormalise_interval = kInterval * subject.tau_ms};
    const LyapunovResult expected = lyapunov_spectrum(driven->system(), driven->state(), measured);
    EXPECT_NEAR(meter.exponent(env), expected.exponents[0] * subject.tau_ms,
                0.01 + 4 * expected.standard_errors[0] * subject.tau_ms);
  }
  EXPECT_LT(meter.exponent(0), -0.3);  // comatose: a stable fixed point
  EXPECT_GT(meter.exponent(1), 0.05);
}

TEST(Quench, ASeizureStaysUntilSomebodyActs) {
  const auto envs = make_vec("noesis/Quench-v0", 2);
  envs->reset(5);
  for (int t = 0; t < 200; ++t) {
    envs->step(constant(*envs, 0));
    EXPECT_EQ(envs->rewards()[0], 0) << t;
  }
}

// Health is what matters, not the mean alone: a brain inhibited altogether is not well.
TEST(Quench, SilencingTheBrainIsNoCure) {
  const auto envs = make_vec("noesis/Quench-v0", 1);
  envs->reset(5);
  for (int t = 0; t < 150; ++t) envs->step(constant(*envs, -1));
  const Dict info = envs->info().row(0);
  EXPECT_LT(number(info, "mean_rate"), 0.1);
  EXPECT_LT(number(info, "variation"), 0.1);
  EXPECT_EQ(number(info, "health"), 0);
  EXPECT_EQ(number(info, "is_success"), 0);
  EXPECT_NEAR(envs->rewards()[0], -0.1, 1e-12);
}

TEST(Wake, TheEdgeOfChaosIsPartOfItsHealth) {
  const auto envs = make_vec("noesis/Wake-v0", 8, with({"amplitude=8", "max_episode_steps=400"}));
  envs->reset(1);
  double chaotic = 0, still = 0;
  for (int t = 0; t < 300; ++t) {
    auto actions = constant(*envs, 3.25f / 8);
    std::fill(actions.begin() + std::ssize(actions) / 2, actions.end(), 0.0f);
    envs->step(actions);
    if (t < 100) continue;
    for (std::int64_t env = 0; env < 8; ++env) {
      const Dict info = envs->info().row(env);
      const double exponent = number(info, "lyapunov");
      (env < 4 ? chaotic : still) += exponent / 4 / 200;
      const double edge = ramp(exponent, -0.12, -0.02) * ramp(exponent, 0.2, 0.1);
      const Health rest{.mean_rate = number(info, "mean_rate"),
                        .saturated_fraction = number(info, "saturated_fraction"),
                        .variation = number(info, "variation")};
      EXPECT_NEAR(number(info, "health"), rest.value() * edge, 1e-12);
    }
  }
  EXPECT_GT(chaotic, 0.05);
  EXPECT_LT(still, -0.3);
}

// The limits of charge against sums by hand. Broken by an account that ignores the sign, or by a
// current that is cut at the limit of the other side.
TEST(ControlledBrain, LimitsTheChargeOfASite) {
  const auto env =
      make("noesis/Quench-v0", with({"charge_limit=3", "control_interval=0.5", "stimulated=2,5",
                                     "amplitude=4", "energy_weight=0"}));
  env->reset(0);
  const auto step = [&](float a, float b) {
    return env->step(Array(std::vector<float>{a, b})).info;
  };
  Dict info = step(1, 0.5);  // 2 and 1
  EXPECT_NEAR(number(info, "charge"), 2, 1e-12);
  EXPECT_NEAR(number(info, "energy"), (1 + 0.25) / 2, 1e-12);
  info = step(1, 0.5);  // 1 is left for the first: half of the current
  EXPECT_NEAR(number(info, "charge"), 3, 1e-12);
  EXPECT_NEAR(number(info, "energy"), (0.25 + 0.25) / 2, 1e-12);
  info = step(1, 0);
  EXPECT_NEAR(number(info, "energy"), 0, 1e-12);
  info = step(-1, -1);  // back
  EXPECT_NEAR(number(info, "charge"), 1, 1e-12);
  EXPECT_NEAR(number(info, "energy"), 1, 1e-12);
  env->reset();
  EXPECT_NEAR(number(step(0.25, 0), "charge"), 0.5, 1e-12);
}

/// The same brain without a task around it, in steps of half a control interval.
class Twin {
 public:
  explicit Twin(const Subject& subject)
      : subject_(subject),
        brain_({subject_.connectome}, subject_.brain, {episode_seed(3, 0)}, arena_) {}
  Simulation<double>& operator*() { return brain_; }
  Simulation<double>* operator->() { return &brain_; }

 private:
  ThreadArena arena_{1};
  Subject subject_;
  Simulation<double> brain_;
};

// Broken by a reversal at another time, or of the weights.
TEST(ControlledBrain, ReversesBalancedCurrentsHalfWay) {
  QuenchOptions options;
  const auto env = make("noesis/Quench-v0",
                        with({"charge_balanced=true", "stimulated=1+4:0.5,", "charge_limit=0.1"}));
  Twin twin(seized_subject(options));
  env->reset(3);
  for (int t = 0; t < 4; ++t) {
    for (const double sign : {1.0, -1.0}) {
      twin->surgeon().set_current(0, 1, sign * 12 * 0.75);
      twin->surgeon().set_current(0, 4, sign * 12 * 0.75 * 0.5);
      twin->advance_to(twin->time_ms() + 2.5);
    }
    const StepResult step = env->step(Array(std::vector<float>{0.75f}));
    for (std::size_t i = 0; i < 10; ++i) {
      EXPECT_EQ(step.observation.array()->values<float>()[i],
                static_cast<float>(twin->state().at(0, 0, static_cast<std::int64_t>(i))));
    }
    EXPECT_EQ(number(step.info, "charge"), 0);
  }
}

TEST(ControlledBrain, RecordsWeightedMeans) {
  const auto env = make("noesis/Quench-v0", with({"recorded=2+7:0.5+9:-0.5,"}));
  Twin twin(seized_subject({}));
  env->reset(3);
  twin->advance_to(5);
  const auto& x = twin->state();
  const double expected = (x.at(0, 0, 2) + 0.5 * x.at(0, 0, 7) - 0.5 * x.at(0, 0, 9)) / 2;
  const StepResult step = env->step(Array(std::vector<float>(10)));
  EXPECT_EQ(step.observation.array()->values<float>()[0], static_cast<float>(expected));
}

TEST(ControlledBrain, RefusesWhatCannotBe) {
  const auto refuses = [](const char* id, std::vector<std::string> overrides) {
    EXPECT_THROW(make(id, with(overrides)), ConfigError) << id << " " << overrides[0];
  };
  for (const char* id : {"noesis/Quench-v0", "noesis/Wake-v0"}) {
    refuses(id, {"subject=lorenz63"});
    refuses(id, {"control_interval=0.33"});
    refuses(id, {"control_interval=0.05", "charge_balanced=true"});
    refuses(id, {"connectome=/nowhere.h5"});
    refuses(id, {"difficulty=worse"});
    refuses(id, {"charge_limit=-1"});
  }
  refuses("noesis/Wake-v0", {"precision=float"});
  EXPECT_THROW(make("noesis/Wake-v0")->reset(0, {{"target", Array(1.0)}}), ConfigError);
  EnvOptions remote = with({"connectome=data/edges.csv"});
  remote.may_read_files = false;
  try {
    make("noesis/Steer-v0", remote);
    FAIL() << "a file was read for another machine";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("names a file"));
  }
}

}  // namespace
}  // namespace noesis

#include "env/tasks/emulate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "env/registry.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kUnits = 10;
constexpr std::uint64_t kSeed = 6;

std::vector<float> floats(const Value& value) {
  const auto values = value.array()->values<float>();
  return {values.begin(), values.end()};
}
EnvOptions with(std::vector<std::string> overrides) {
  return {.toml = {}, .overrides = std::move(overrides)};
}
Value middle() { return Array(std::vector<float>(kUnits)); }

// The observation is the process, scaled, under the currents that were shown before. Broken by
// showing the current of the last interval in place of the coming one.
TEST(Emulate, ShowsTheProcessAndTheCurrentsToCome) {
  const auto env = make("noesis/Emulate-v0", with({"touched_fraction=0.6"}));
  Subject subject = make_subject("reference-10", 0);
  subject.transient = 100;
  const ThreadArena arena(1);
  const auto process = make_process(subject, arena);
  std::vector<Process::State> state = {process->start(episode_seed(kSeed, 0))};
  std::vector<double> input(kUnits), observed(kUnits);
  process->step(state, input, observed);
  auto seen = floats(env->reset(kSeed).observation);
  int touched = 0;
  for (int t = 0; t < 60; ++t) {
    for (std::size_t i = 0; i < kUnits; ++i) {
      // The currents were rounded to float when they were shown.
      EXPECT_NEAR(seen[i], 2 * observed[i] - 1, t == 0 ? 1e-7 : 1e-4) << "step " << t;
      input[i] = 3.0 * seen[kUnits + i];
      touched += input[i] != 0;
    }
    EXPECT_EQ(seen.back(), 1);
    process->step(state, input, observed);
    seen = floats(env->step(middle()).observation);
  }
  EXPECT_GT(touched, 15);
  EXPECT_LT(touched, 50);
}

TEST(Emulate, RewardIsTheErrorOverThatOfPersistence) {
  const auto env = make("noesis/Emulate-v0", with({"touched_fraction=0"}));
  auto seen = floats(env->reset(kSeed).observation);
  double persistence = 0;
  for (int t = 0; t < 100; ++t) {
    seen.resize(kUnits);
    const StepResult step = env->step(Array(seen));
    const double error = -step.reward;
    EXPECT_NEAR(step.info.at("error").array()->at(0), error, 1e-12);
    persistence += error * error / 100;
    seen = floats(step.observation);
  }
  // Of a run as long as this one, the scale is right within a third.
  EXPECT_NEAR(std::sqrt(persistence), 1, 0.35);
}

TEST(Emulate, CutsTheObservationsAndJudgesWindows) {
  const auto env =
      make("noesis/Emulate-v0", with({"cut_step=3", "window=4", "touched_fraction=0.9"}));
  env->reset(kSeed);
  for (int t = 1; t <= 11; ++t) {
    const StepResult step = env->step(middle());
    const auto values = floats(step.observation);
    EXPECT_EQ(values.back(), t < 3 ? 1 : 0);
    if (t >= 3) {
      EXPECT_THAT(values, ::testing::Each(0));
    }
    const bool judged = t == 7 || t == 11;
    EXPECT_EQ(step.info.count("distance"), judged ? 1 : 0) << t;
    if (t > 3) {
      EXPECT_EQ(step.reward < 0, judged) << t;
    }
    EXPECT_FALSE(step.terminated);
  }
}

// Broken by comparing levels only: a shuffled run has the right levels and wrong differences.
TEST(Climate, IsNearForTheSubjectItselfAndFarForOthers) {
  const EmulateOptions options;
  const Subject subject = make_subject("reference-10", 0);
  const ThreadArena arena(1);
  const auto process = make_process(subject, arena);
  const EmulateScale scale(subject, options);
  constexpr std::int64_t kWindow = 400;
  const Climate climate(*process, scale, kWindow);
  Process::State state = process->start(77);
  const std::vector<double> run = record(*process, state, kWindow + 1);
  std::vector<float> scaled;
  for (std::size_t k = 0; k < run.size(); ++k) {
    scaled.push_back(scale.scaled(static_cast<std::int64_t>(k % kUnits), run[k]));
  }
  const std::span<const float> before(scaled.data(), kUnits);
  const std::vector<float> own(scaled.begin() + kUnits, scaled.end());
  std::vector<float> shuffled;
  for (std::int64_t t = 0; t < kWindow; ++t) {
    const auto from = own.begin() + (t * 171 % kWindow) * kUnits;  // 171 and 400 are coprime
    shuffled.insert(shuffled.end(), from, from + kUnits);
  }
  std::vector<float> constant;
  for (std::int64_t t = 0; t < kWindow; ++t) {
    constant.insert(constant.end(), before.begin(), before.end());
  }
  const double near = climate.distance(own, before);
  EXPECT_LT(near, 0.25);
  EXPECT_GT(climate.distance(shuffled, before), 2 * near);
  EXPECT_GT(climate.distance(constant, before), 2 * near);
}

TEST(Emulate, ScalesLorenzIntoTheBox) {
  const auto env = make("noesis/Emulate-v0", with({"subject=lorenz63", "amplitude=1"}));
  auto seen = floats(env->reset(kSeed).observation);
  EXPECT_EQ(seen.size(), 3 + 3 + 1);
  float widest = 0;
  for (int t = 0; t < 99; ++t) {
    for (int i = 0; i < 3; ++i)
      widest = std::max(widest, std::abs(seen[static_cast<std::size_t>(i)]));
    seen = floats(env->step(Array(std::vector<float>(3))).observation);
  }
  EXPECT_GT(widest, 0.5);
  EXPECT_LE(widest, 1);
  EXPECT_THROW(make("noesis/Emulate-v0", with({"subject=nobody"})), ConfigError);
  EXPECT_THROW(env->reset(0, {{"x", middle()}}), ConfigError);
}

}  // namespace
}  // namespace noesis

#include "env/tasks/tape.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "env/registry.hpp"

namespace noesis {
namespace {

EnvOptions with(std::vector<std::string> overrides) {
  return {.toml = {}, .overrides = std::move(overrides)};
}
std::vector<float> floats(const Value& value) {
  const auto values = value.array()->values<float>();
  return {values.begin(), values.end()};
}

// Broken by a factor in the formula, or by amplitudes that do not sum to one.
TEST(SineTape, StaysWithinBoundsAndKnowsHowFarItMoves) {
  const SineTape tape({}, 3);
  double squares = 0;
  constexpr int kSteps = 200'000;
  for (int t = 0; t < kSteps; ++t) {
    ASSERT_LE(std::abs(tape.value(t)), 1);
    squares += std::pow(tape.value(t + 1) - tape.value(t), 2) / kSteps;
  }
  EXPECT_NEAR(std::sqrt(squares), tape.persistence_error(), 1e-3 * tape.persistence_error());
  EXPECT_NE(tape.value(5), SineTape({}, 4).value(5));
  TapeOptions crossed;
  crossed.shortest_period = 90;
  EXPECT_THROW(SineTape(crossed, 0), ConfigError);
}

// The reward of a known prediction, and the observation as the past of what was to be predicted.
TEST(Tape, RewardsTheNextValue) {
  const auto env = make("noesis/Tape-v0", with({"num_sines=1", "window=3"}));
  const auto first = floats(env->reset(7).observation);
  const StepResult one = env->step(Array(std::vector<float>{0.25f}));
  const auto second = floats(one.observation);
  EXPECT_EQ(second[0], first[1]);
  EXPECT_EQ(second[1], first[2]);
  // A single sine obeys x(t + 1) = 2 cos(w) x(t) - x(t - 1).
  const StepResult two = env->step(Array(std::vector<float>{0.0f}));
  const auto third = floats(two.observation);
  const double c = (second[2] + first[1]) / first[2];
  EXPECT_NEAR(third[2], c * second[2] - first[2], 1e-4);
  const double amplitude_free =
      std::sqrt(2.0) * std::sin(std::acos(c / 2) / 2);  // RMS step of a sine of amplitude 1
  EXPECT_NEAR(one.reward, -std::abs(0.25 - static_cast<double>(second[2])) / amplitude_free, 1e-3);
  EXPECT_NEAR(two.reward, -std::abs(static_cast<double>(third[2])) / amplitude_free, 1e-3);
}

// Broken by a regime that is drawn anew at every step, or never.
TEST(Tape, PlaysOtherSinesInEveryRegime) {
  const auto env = make("noesis/Tape-v0", with({"num_sines=1", "regime_steps=50", "window=1"}));
  std::vector<double> x = {static_cast<double>(floats(env->reset(1).observation)[0])};
  for (int t = 1; t < 150; ++t) {
    x.push_back(
        static_cast<double>(floats(env->step(Array(std::vector<float>{0.0f})).observation)[0]));
  }
  const auto recurrence = [&](std::size_t t) { return (x[t + 1] + x[t - 1]) / x[t]; };
  EXPECT_NEAR(recurrence(10), recurrence(30), 1e-3);
  EXPECT_NEAR(recurrence(60), recurrence(80), 1e-3);
  EXPECT_GT(std::abs(recurrence(30) - recurrence(60)), 1e-3);
  EXPECT_GT(std::abs(recurrence(80) - recurrence(120)), 1e-3);
}

}  // namespace
}  // namespace noesis

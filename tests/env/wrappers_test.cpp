#include "env/wrappers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "tests/env/counting_task.hpp"

namespace noesis {
namespace {

using ::testing::ElementsAre;

std::unique_ptr<Env> counting(std::int64_t length = 0) {
  return std::make_unique<TaskEnv>(std::make_unique<testing::CountingTask>(1, length), EnvSpec{});
}
Value act(float x) { return Array(std::vector<float>{x}); }
std::vector<float> floats(const Value& value) {
  const auto values = value.array()->values<float>();
  return {values.begin(), values.end()};
}

TEST(ClipActionWrapper, MovesActionsIntoTheBounds) {
  ClipAction env(counting());
  EXPECT_TRUE(env.action_space().contains(act(5)));
  env.reset(0, {});
  EXPECT_EQ(env.step(act(5)).reward, 1 + 1);
  EXPECT_EQ(env.step(act(-5)).reward, 2 - 1);
  EXPECT_THROW(env.step(act(std::nanf(""))), ConfigError);
}

TEST(RescaleActionWrapper, MapsLinearly) {
  RescaleAction env(counting(), 0, 4);
  EXPECT_FALSE(env.action_space().contains(act(-1)));
  env.reset(0, {});
  EXPECT_EQ(env.step(act(0)).reward, 1 - 1);
  EXPECT_EQ(env.step(act(3)).reward, 2 + 0.5);
  EXPECT_THROW(RescaleAction(counting(), 1, 1), ConfigError);
  EXPECT_THROW(RescaleAction(std::make_unique<ClipAction>(counting()), 0, 1), ConfigError);
}

TEST(RecordEpisodeStatisticsWrapper, ReportsAtTheEnd) {
  RecordEpisodeStatistics env(counting(2));
  env.reset(0, {});
  EXPECT_EQ(env.step(act(0)).info.count("episode"), 0);
  const Value expected = Dict{{"r", Array(3.0)}, {"l", Array(std::int64_t{2})}};
  EXPECT_EQ(env.step(act(0)).info.at("episode"), expected);
}

TEST(NormalizeObservationWrapper, UsesTheMomentsOfAllThatWasSeen) {
  NormalizeObservation env(counting());
  env.reset(0, {});                                             // count 0
  env.step(act(0));                                             // 1
  const float third = floats(env.step(act(0)).observation)[0];  // 2: mean 1, variance 2/3
  EXPECT_NEAR(third, 1 / std::sqrt(2.0 / 3), 1e-6);
}

TEST(NormalizeRewardWrapper, DividesByTheSpreadOfTheReturn) {
  NormalizeReward env(counting(), 0.5);
  env.reset(0, {});
  EXPECT_NEAR(env.step(act(0)).reward, 1, 1e-6);
  // Returns 1 and 2 + 1 / 2: mean 1.75, variance .5625.
  EXPECT_NEAR(env.step(act(0)).reward, 2 / 0.75, 1e-6);
  EXPECT_THROW(NormalizeReward(counting(), 1.5), ConfigError);
}

TEST(FrameStackWrapper, KeepsTheLastObservationsOldestFirst) {
  FrameStack env(counting(), 3);
  EXPECT_EQ(env.observation_space(), Space(uniform_box({3, 2}, 0, 1000)));
  const auto counts = [](const Value& stack) {
    const auto all = floats(stack);
    return std::vector<float>{all[0], all[2], all[4]};
  };
  EXPECT_THAT(counts(env.reset(0, {}).observation), ElementsAre(0, 0, 0));
  env.step(act(0));
  EXPECT_THAT(counts(env.step(act(0)).observation), ElementsAre(0, 1, 2));
  EXPECT_THAT(counts(env.reset({}, {}).observation), ElementsAre(0, 0, 0));
  EXPECT_THROW(FrameStack(counting(), 0), ConfigError);
}

TEST(Wrappers, KeepTheirOwnStateInSnapshots) {
  const auto make = [] {
    auto env = counting();
    env = std::make_unique<RecordEpisodeStatistics>(std::move(env));
    env = std::make_unique<FrameStack>(std::move(env), 2);
    env = std::make_unique<NormalizeReward>(std::move(env), 0.9);
    return std::make_unique<NormalizeObservation>(std::move(env));
  };
  auto a = make();
  a->reset(3, {});
  a->step(act(0.5));
  const Snapshot moment = a->snapshot();
  auto b = make();
  b->restore(moment);
  for (int k = 0; k < 3; ++k) {
    const StepResult x = a->step(act(0.1f));
    const StepResult y = b->step(act(0.1f));
    EXPECT_EQ(x.observation, y.observation);
    EXPECT_EQ(x.reward, y.reward);
  }
  EXPECT_THROW(counting()->restore(moment), ConfigError);
}

}  // namespace
}  // namespace noesis

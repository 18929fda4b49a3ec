// Autoreset modes and time limits against Gymnasium's semantics, on a task whose every number is
// known.

#include "env/vector_env.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "env/registry.hpp"
#include "env/wrappers.hpp"
#include "tests/env/counting_task.hpp"

namespace noesis {
namespace {

using testing::CountingTask;
using ::testing::ElementsAre;

VectorEnv counting(std::int64_t num_envs, std::int64_t length, Autoreset autoreset,
                   std::int64_t limit = 0) {
  return VectorEnv(
      std::make_unique<CountingTask>(num_envs, length),
      {.id = "Counting", .max_episode_steps = limit, .reward_threshold = {}, .options = {}},
      autoreset);
}
std::vector<float> zeros(const VectorEnv& envs) {
  return std::vector<float>(static_cast<std::size_t>(envs.num_envs() * envs.action_size()));
}
float count_of(const VectorEnv& envs, std::size_t env) { return envs.observations()[2 * env]; }

// Broken by resetting in the step that ends the episode, or by counting the reset as a step.
TEST(NextStep, GivesTheFinalObservationAndThenResets) {
  VectorEnv envs = counting(1, 2, Autoreset::kNextStep);
  envs.reset(7);
  const float first = envs.observations()[1];
  envs.step(zeros(envs));
  EXPECT_EQ(envs.terminated()[0], 0);
  envs.step(zeros(envs));
  EXPECT_EQ(envs.terminated()[0], 1);
  EXPECT_EQ(count_of(envs, 0), 2);
  EXPECT_EQ(envs.rewards()[0], 2);
  EXPECT_EQ(envs.episode_returns()[0], 3);
  EXPECT_EQ(envs.episode_lengths()[0], 2);

  envs.step(std::vector<float>{std::numeric_limits<float>::quiet_NaN()});  // ignored: a reset
  EXPECT_EQ(envs.was_reset()[0], 1);
  EXPECT_EQ(count_of(envs, 0), 0);
  EXPECT_NE(envs.observations()[1], first) << "the next episode of the same seed";
  EXPECT_EQ(envs.rewards()[0], 0);
  EXPECT_EQ(envs.terminated()[0], 0);
  EXPECT_EQ(envs.truncated()[0], 0);
  EXPECT_EQ(envs.episode_lengths()[0], 0);
  EXPECT_EQ(envs.info().row(0).count("started"), 1);
  EXPECT_EQ(envs.info().row(0).count("count"), 0);

  envs.step(zeros(envs));
  EXPECT_EQ(envs.was_reset()[0], 0);
  EXPECT_EQ(count_of(envs, 0), 1);
  EXPECT_EQ(envs.episode_returns()[0], 1);
}

TEST(SameStep, GivesTheResetObservationAndKeepsTheFinalOne) {
  VectorEnv envs = counting(1, 2, Autoreset::kSameStep);
  envs.reset(7);
  envs.step(zeros(envs));
  EXPECT_EQ(envs.has_final()[0], 0);
  envs.step(zeros(envs));
  EXPECT_EQ(envs.terminated()[0], 1);
  EXPECT_EQ(envs.rewards()[0], 2);
  EXPECT_EQ(envs.has_final()[0], 1);
  EXPECT_EQ(envs.final_observations()[0], 2);
  EXPECT_EQ(envs.final_info().row(0).at("count"), Value(Array(2.0)));
  EXPECT_EQ(count_of(envs, 0), 0);
  EXPECT_EQ(envs.info().row(0).count("started"), 1);
  EXPECT_EQ(envs.info().row(0).count("count"), 0);
  EXPECT_EQ(envs.episode_returns()[0], 3);
  envs.step(zeros(envs));
  EXPECT_EQ(count_of(envs, 0), 1);
  EXPECT_EQ(envs.terminated()[0], 0);
  EXPECT_EQ(envs.has_final()[0], 0);
  EXPECT_EQ(envs.final_info().row(0).size(), 0);
  EXPECT_EQ(envs.episode_returns()[0], 1);
}

TEST(Disabled, RefusesToStepWhatIsOverUntilItIsReset) {
  VectorEnv envs = counting(2, 2, Autoreset::kDisabled);
  envs.reset(7);
  envs.step(zeros(envs));
  envs.reset_masked(std::vector<std::uint8_t>{0, 1});
  EXPECT_EQ(count_of(envs, 0), 1);
  EXPECT_EQ(count_of(envs, 1), 0);
  envs.step(zeros(envs));
  EXPECT_THAT(envs.terminated(), ElementsAre(1, 0));
  EXPECT_THROW(envs.step(zeros(envs)), ConfigError);
  EXPECT_EQ(count_of(envs, 1), 1) << "nothing has moved";
  envs.reset_masked(std::vector<std::uint8_t>{1, 0});
  EXPECT_EQ(envs.episode_lengths()[1], 1) << "the other episode goes on";
  envs.step(zeros(envs));
  EXPECT_EQ(count_of(envs, 0), 1);
  EXPECT_THAT(envs.terminated(), ElementsAre(0, 1));
}

// Broken by terminated &= !truncated, as in a task that mixes both up.
TEST(TimeLimits, TruncateAndLeaveATrueEndTerminated) {
  VectorEnv envs = counting(1, 3, Autoreset::kNextStep, 3);
  envs.reset(0);
  for (int k = 0; k < 3; ++k) envs.step(zeros(envs));
  EXPECT_EQ(envs.terminated()[0], 1);
  EXPECT_EQ(envs.truncated()[0], 1);

  VectorEnv cut = counting(1, 0, Autoreset::kNextStep, 3);
  cut.reset(0);
  for (int k = 0; k < 2; ++k) cut.step(zeros(cut));
  EXPECT_EQ(cut.truncated()[0], 0);
  cut.step(zeros(cut));
  EXPECT_EQ(cut.terminated()[0], 0);
  EXPECT_EQ(cut.truncated()[0], 1);

  TimeLimit single(std::make_unique<TaskEnv>(
      std::make_unique<CountingTask>(1, 3),
      EnvSpec{.id = "Counting", .max_episode_steps = 3, .reward_threshold = {}, .options = {}}));
  single.reset(0, {});
  StepResult result;
  for (int k = 0; k < 3; ++k) result = single.step(Array(std::vector<float>{0}));
  EXPECT_TRUE(result.terminated);
  EXPECT_TRUE(result.truncated);
}

// Broken by giving every environment the same seed, or by a reset that takes the first episode
// again.
TEST(Seeds, AreOneApartAndGoOnFromEpisodeToEpisode) {
  VectorEnv envs = counting(3, 0, Autoreset::kNextStep);
  TaskEnv single(std::make_unique<CountingTask>(1, 0), {});
  envs.reset(41);
  const std::vector<float> first(envs.observations().begin(), envs.observations().end());
  for (std::uint64_t k = 0; k < 3; ++k) {
    const Value observation = single.reset(41 + k, {}).observation;
    EXPECT_EQ(observation.array()->values<float>()[1], first[2 * k + 1]);
  }
  EXPECT_NE(first[1], first[3]);
  envs.reset();
  EXPECT_NE(envs.observations()[1], first[1]);
  envs.reset(41);
  EXPECT_EQ(std::vector<float>(envs.observations().begin(), envs.observations().end()), first);
  envs.reset(std::numeric_limits<std::uint64_t>::max());  // seeds are modulo 2^64
  EXPECT_NE(envs.observations()[1], envs.observations()[3]);
}

TEST(Steps, RefuseWrongSizesMissingResetsAndActionsThatAreNotFinite) {
  VectorEnv envs = counting(2, 0, Autoreset::kNextStep);
  EXPECT_THROW(envs.step(zeros(envs)), ConfigError) << "before the first reset";
  envs.reset(0);
  EXPECT_THROW(envs.step(std::vector<float>(3)), ConfigError);
  EXPECT_THROW(envs.reset_masked(std::vector<std::uint8_t>(3)), ConfigError);
  try {
    envs.step(std::vector<float>{0, std::nanf("")});
    FAIL() << "NaN was taken";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.parts().where, "action[1, 0]");
  }
  EXPECT_EQ(count_of(envs, 0), 0) << "nothing has moved";
}

// Broken by a thread that steps with the actions' first place instead of a copy, or by a recv()
// that does not wait.
TEST(SendAndRecv, AreAStepInTwoHalves) {
  const auto envs = make_vec("noesis/Steer-v0", 3);
  const auto other = make_vec("noesis/Steer-v0", 3);
  envs->reset(4);
  other->reset(4);
  for (int t = 0; t < 20; ++t) {
    std::vector<float> actions(30, 0.1f * static_cast<float>(t % 7));
    other->step(actions);
    envs->send(actions);
    std::fill(actions.begin(), actions.end(), 9.0f);  // the caller's again
    EXPECT_TRUE(envs->is_stepping());
    EXPECT_THROW(envs->step(actions), ConfigError);
    EXPECT_THROW(envs->send(actions), ConfigError);
    EXPECT_THROW(envs->reset(), ConfigError);
    EXPECT_THROW(envs->snapshot(0), ConfigError);
    envs->recv();
    EXPECT_FALSE(envs->is_stepping());
    for (std::size_t k = 0; k < envs->observations().size(); ++k) {
      ASSERT_EQ(envs->observations()[k], other->observations()[k]);
    }
    for (std::size_t e = 0; e < 3; ++e) ASSERT_EQ(envs->rewards()[e], other->rewards()[e]);
  }
  EXPECT_THROW(envs->recv(), ConfigError);
  EXPECT_THROW(envs->send(std::vector<float>(30, std::nanf(""))), ConfigError);
  envs->step(std::vector<float>(30));  // nothing is under way
  envs->send(std::vector<float>(30));  // the destructor waits
}

// Broken by a recv() that waits without asking how it ended.
TEST(SendAndRecv, TellWhatWentWrong) {
  class Failing final : public Task {
   public:
    std::int64_t num_envs() const override { return 1; }
    const Space& observation_space() const override { return space_; }
    const Space& action_space() const override { return space_; }
    void reset(std::int64_t, std::uint64_t, const Dict&, std::span<float>, InfoTable&) override {}
    void step(std::span<const float>, std::span<const std::uint8_t>, const TaskStep&) override {
      throw RunError({.what = "it blew up", .where = {}, .got = {}, .allowed = {}, .next = {}});
    }
    void save(std::int64_t, ByteWriter&) const override {}
    void load(std::int64_t, ByteReader&) override {}
    std::vector<RenderRow> render_rows(std::int64_t) const override { return {}; }

   private:
    Space space_ = uniform_box({1}, -1, 1);
  };
  VectorEnv envs(std::make_unique<Failing>(), {});
  envs.reset(0);
  envs.send(std::vector<float>{0});
  EXPECT_THROW(envs.recv(), RunError);
  EXPECT_FALSE(envs.is_stepping());
}

TEST(Information, StandsInColumnsWithMasks) {
  InfoTable table(3);
  table.set("speed", 1, 2.5);
  table.set("place", 2, std::vector<double>{1, 2});
  EXPECT_THAT(table.columns().at("speed").mask, ElementsAre(0, 1, 0));
  EXPECT_THAT(table.columns().at("place").values, ElementsAre(0, 0, 0, 0, 1, 2));
  EXPECT_EQ(table.row(0).size(), 0);
  EXPECT_EQ(table.row(2).at("place"), Value(Array(std::vector<double>{1, 2})));
  table.clear(2);
  EXPECT_EQ(table.row(2).size(), 0);
  EXPECT_THROW(table.set("place", 0, 1.0), InternalError);
}

TEST(Snapshots, GoOnWithTheSameBitsAtAnyPlaceOfABatch) {
  VectorEnv envs = counting(3, 4, Autoreset::kNextStep, 10);
  envs.reset(5);
  envs.step(zeros(envs));
  const Snapshot moment = envs.snapshot(1);
  VectorEnv other = counting(2, 4, Autoreset::kNextStep, 10);
  other.reset(99);
  other.restore(0, moment);
  EXPECT_EQ(other.observations()[1], envs.observations()[3]);
  for (int k = 0; k < 7; ++k) {  // over an end and a reset
    envs.step(zeros(envs));
    other.step(zeros(other));
    EXPECT_EQ(other.observations()[0], envs.observations()[2]);
    EXPECT_EQ(other.observations()[1], envs.observations()[3]);
    EXPECT_EQ(other.terminated()[0], envs.terminated()[1]);
    EXPECT_EQ(other.episode_returns()[0], envs.episode_returns()[1]);
  }
  Snapshot cut = moment;
  cut.pop_back();
  EXPECT_THROW(other.restore(0, cut), ConfigError);
  cut = moment;
  cut.push_back(0);
  EXPECT_THROW(other.restore(0, cut), ConfigError);
  EXPECT_THROW(other.restore(2, moment), ConfigError);
}

}  // namespace
}  // namespace noesis

// What every registered environment promises.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "env/baselines.hpp"
#include "env/env_checker.hpp"
#include "env/registry.hpp"

namespace noesis {
namespace {

struct Case {
  const char* name;
  const char* id;
  std::vector<std::string> options;

  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.id; }
};

class Conformance : public ::testing::TestWithParam<Case> {
 protected:
  EnvOptions options() const { return {.toml = {}, .overrides = GetParam().options}; }
  std::unique_ptr<VectorEnv> vec(std::int64_t n, Autoreset mode = Autoreset::kNextStep,
                                 int threads = 1) const {
    return make_vec(GetParam().id, n, options(), mode, threads);
  }
};

// The noise of each kind is on somewhere; episodes are short, so that they end within the tests.
INSTANTIATE_TEST_SUITE_P(
    Environments, Conformance,
    ::testing::Values(
        Case{"Steer", "noesis/Steer-v0", {}},
        Case{"SteerNoisy",
             "noesis/Steer-v0",
             {"noise=0.02", "observation_noise=0.01", "recorded=random:7", "stimulated=0,4,9",
              "control_interval=0.5", "max_episode_steps=5"}},
        Case{"SteerSurgeon", "noesis/Steer-v0", {"action_mode=surgeon", "max_episode_steps=7"}},
        Case{"SteerWorm",
             "noesis/Steer-v0",
             {"subject=celegans", "stimulated=random:20", "amplitude=8"}},
        Case{"SteerRate",
             "noesis/Steer-v0",
             {"model=rate", "charge_limit=1", "stimulated=0+1:0.5,3", "recorded=2+4,"}},
        Case{"SteerFloat", "noesis/Steer-v0", {"precision=float", "noise=0.02"}},
        Case{"Quench", "noesis/Quench-v0", {"max_episode_steps=7"}},
        Case{"QuenchFloat",
             "noesis/Quench-v0",
             {"precision=float", "action_mode=surgeon", "max_episode_steps=7"}},
        Case{"QuenchHard", "noesis/Quench-v0", {"difficulty=hard", "charge_balanced=true"}},
        Case{"Wake", "noesis/Wake-v0", {"max_episode_steps=9"}},
        Case{"WakeHard", "noesis/Wake-v0", {"difficulty=hard", "action_mode=surgeon"}},
        Case{"Replay", "noesis/Replay-v0", {"max_episode_steps=8"}},
        Case{"ReplayTest", "noesis/Replay-v0", {"part=test"}},
        Case{"Tape", "noesis/Tape-v0", {"max_episode_steps=8"}},
        Case{"TapeRegimes",
             "noesis/Tape-v0",
             {"regime_steps=4", "observation_noise=0.01", "window=6"}},
        Case{"Discover", "noesis/Discover-v0", {"num_neurons=8", "budget=60", "noise=0.01"}},
        Case{"Emulate", "noesis/Emulate-v0", {"cut_step=4", "window=3", "noise=0.01"}},
        Case{"EmulateLorenz",
             "noesis/Emulate-v0",
             {"subject=lorenz63", "cut_step=4", "window=3", "max_episode_steps=12"}}),
    [](const auto& parameter) { return parameter.param.name; });

/// Actions of step t for all environments, one row of a fixed sequence each.
std::vector<float> actions_at(const VectorEnv& envs, std::int64_t t) {
  std::vector<float> actions;
  for (std::int64_t env = 0; env < envs.num_envs(); ++env) {
    RandomSequence random(static_cast<std::uint64_t>(t), Stream::kTask,
                          static_cast<std::uint32_t>(env));
    std::vector<float> one(static_cast<std::size_t>(envs.action_size()));
    envs.single_action_space().flatten(envs.single_action_space().sample(random), one);
    actions.insert(actions.end(), one.begin(), one.end());
  }
  return actions;
}
std::vector<float> row(std::span<const float> values, std::int64_t env, std::int64_t size) {
  const auto first = values.begin() + env * size;
  return {first, first + size};
}

TEST_P(Conformance, PassesTheChecker) {
  for (const Violation& violation : check_env(
           [this](const std::string& mode) { return make(GetParam().id, options(), mode); })) {
    ADD_FAILURE() << violation.rule << ": " << violation.message;
  }
}

// Broken by any dependence on the place in the batch: noise keyed by place, an index mixed up, an
// inactive environment that moves a neighbour.
TEST_P(Conformance, EnvironmentOfABatchIsTheSingleOneBitForBit) {
  constexpr std::int64_t kEnvs = 9;  // more than a tile of doubles
  const auto envs = vec(kEnvs, Autoreset::kNextStep, 2);
  envs->reset(100);
  for (const std::int64_t k : {0, 3, 8}) {
    envs->reset(100);
    const auto single = make(GetParam().id, options());
    ResetResult first = single->reset(100 + static_cast<std::uint64_t>(k));
    const auto flat = [&](const Value& value) {
      std::vector<float> values(static_cast<std::size_t>(envs->observation_size()));
      single->observation_space().flatten(value, values);
      return values;
    };
    EXPECT_EQ(flat(first.observation), row(envs->observations(), k, envs->observation_size()));
    bool over = false;
    for (std::int64_t t = 0; t < 15; ++t) {
      const std::vector<float> actions = actions_at(*envs, t);
      envs->step(actions);
      const auto e = static_cast<std::size_t>(k);
      if (over) {  // the batch resets by itself
        EXPECT_EQ(flat(single->reset().observation),
                  row(envs->observations(), k, envs->observation_size()));
        over = false;
        continue;
      }
      const StepResult step =
          single->step(single->action_space().unflatten(row(actions, k, envs->action_size())));
      EXPECT_EQ(flat(step.observation), row(envs->observations(), k, envs->observation_size()));
      EXPECT_EQ(step.reward, envs->rewards()[e]);
      EXPECT_EQ(step.terminated, envs->terminated()[e] != 0);
      EXPECT_EQ(step.truncated, envs->truncated()[e] != 0);
      EXPECT_EQ(step.info, envs->info().row(k));
      over = step.terminated || step.truncated;
    }
  }
}

// Broken by a snapshot without the noise's step count, the interventions, or the episode's seed.
TEST_P(Conformance, SnapshotsForkAnEnvironmentBitForBit) {
  const auto envs = vec(3);
  envs->reset(7);
  for (std::int64_t t = 0; t < 3; ++t) envs->step(actions_at(*envs, t));
  const Snapshot moment = envs->snapshot(1);
  const auto other = vec(2);
  other->reset(50);
  other->step(actions_at(*other, 9));
  other->restore(0, moment);
  for (std::int64_t t = 3; t < 15; ++t) {
    const std::vector<float> actions = actions_at(*envs, t);
    const std::vector<float> mine = row(actions, 1, envs->action_size());
    std::vector<float> theirs = actions_at(*other, t);
    std::copy(mine.begin(), mine.end(), theirs.begin());
    envs->step(actions);
    other->step(theirs);
    ASSERT_EQ(row(envs->observations(), 1, envs->observation_size()),
              row(other->observations(), 0, other->observation_size()))
        << "step " << t;
    ASSERT_EQ(envs->rewards()[1], other->rewards()[0]);
    ASSERT_EQ(envs->terminated()[1], other->terminated()[0]);
    ASSERT_EQ(envs->info().row(1), other->info().row(0));
  }
  const auto foreign = make_vec(
      std::string(GetParam().id) == "noesis/Steer-v0" ? "noesis/Discover-v0" : "noesis/Steer-v0",
      1);
  foreign->reset(0);
  EXPECT_THROW(foreign->restore(0, moment), ConfigError);
}

TEST_P(Conformance, ClipsActionsOutOfBounds) {
  const auto a = vec(1);
  const auto b = vec(1);
  a->reset(1);
  b->reset(1);
  const auto n = static_cast<std::size_t>(a->action_size());
  a->step(std::vector<float>(n, 40.0f));
  b->step(std::vector<float>(n, 1.0f));
  EXPECT_EQ(a->rewards()[0], b->rewards()[0]);
  EXPECT_EQ(row(a->observations(), 0, a->observation_size()),
            row(b->observations(), 0, b->observation_size()));
}

/// Environments of noesis itself: of each a scripted policy is asked that knows the task.
const std::vector<std::string> kShipped = {
    "noesis/Discover-v0", "noesis/Emulate-v0", "noesis/Quench-v0", "noesis/Replay-v0",
    "noesis/Steer-v0",    "noesis/Tape-v0",    "noesis/Wake-v0"};

TEST(Registry, KnowsItsEnvironmentsAndSuggestsTheNearest) {
  EXPECT_THAT(env_ids(), ::testing::IsSupersetOf(kShipped));
  try {
    make("noesis/Ster-v0");
    FAIL() << "an unknown id was made";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("did you mean 'noesis/Steer-v0'?"));
  }
  EXPECT_THROW(make_vec("noesis/Steer-v0", 0), ConfigError);
  EXPECT_THROW(make("noesis/Steer-v0", {.toml = {}, .overrides = {"amplitud=2"}}), ConfigError);
  EXPECT_THROW(make("noesis/Steer-v0", {}, "3d"), ConfigError);
}

TEST(Registry, ResolvesOptionsIntoTheSpecification) {
  EXPECT_EQ(env_spec("noesis/Steer-v0").max_episode_steps, 100);
  const auto env = make("noesis/Steer-v0", {.toml = "amplitude = 6\nmax_episode_steps = 9",
                                            .overrides = {"amplitude=7"}});
  EXPECT_EQ(env->spec().max_episode_steps, 9);
  EXPECT_THAT(env->spec().options, ::testing::HasSubstr("amplitude = 7"));
  // What the specification says makes the same environment again.
  const auto again = make("noesis/Steer-v0", {.toml = env->spec().options, .overrides = {}});
  EXPECT_EQ(again->spec().options, env->spec().options);
  EXPECT_EQ(again->reset(3).observation,
            make("noesis/Steer-v0", {.toml = env->spec().options, .overrides = {}})
                ->reset(3)
                .observation);
  bool found = false;
  for (const ConfigKey& key : env_option_keys("noesis/Emulate-v0")) {
    found = found || (key.key == "max_episode_steps" && key.default_value == "200");
  }
  EXPECT_TRUE(found);
}

// A task in which random is as good as a controller is a defect. Broken by a reward that does not
// depend on the action.
TEST(Baselines, ScriptedIsClearlyBetterThanZeroAndRandom) {
  constexpr std::int64_t kEpisodes = 20;
  for (const std::string& id : kShipped) {
    const Evaluation scripted = evaluate(make_baseline("scripted", id), id, kEpisodes, 0);
    for (const char* name : {"zero", "random"}) {
      const Evaluation weak = evaluate(make_baseline(name, id), id, kEpisodes, 0);
      EXPECT_GT(scripted.mean - weak.mean, 5 * (scripted.se + weak.se)) << id << " " << name;
    }
    const double threshold = *env_spec(id).reward_threshold;
    EXPECT_GT(threshold, evaluate(make_baseline("random", id), id, kEpisodes, 0).mean) << id;
  }
  EXPECT_THROW(make_baseline("scriptd", "noesis/Steer-v0"), ConfigError);
  EXPECT_THROW(baseline_names("noesis/Ster-v0"), ConfigError);
  EXPECT_THROW(make_baseline("scripted", "noesis/Steer-v0",
                             {.toml = {}, .overrides = {"action_mode=surgeon"}}),
               ConfigError);
}

TEST(Baselines, AreEvaluatedOnTheEpisodesOfTheirSeeds) {
  const std::string id = "noesis/Steer-v0";
  const EnvOptions options{.toml = {}, .overrides = {"max_episode_steps=10"}};
  const PolicyFactory policy = make_baseline("random", id, options);
  const Evaluation all = evaluate(policy, id, 3, 5, options);
  const Evaluation last = evaluate(policy, id, 1, 7, options);
  EXPECT_EQ(all.returns[2], last.returns[0]);
  EXPECT_THAT(all.lengths, ::testing::Each(10));
  EXPECT_EQ(last.se, 0);
}

}  // namespace
}  // namespace noesis

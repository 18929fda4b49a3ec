// One deliberately broken environment a rule: each is found, under its own name.

#include "env/env_checker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <set>

#include "core/error.hpp"
#include "env/wrappers.hpp"
#include "tests/env/counting_task.hpp"

namespace noesis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// The counting environment with some of its behaviour replaced.
class Faulty final : public Env {
 public:
  explicit Faulty(const std::string& mode)
      : inner(std::make_unique<TaskEnv>(
            std::make_unique<testing::CountingTask>(1, 0),
            EnvSpec{.id = "Faulty", .max_episode_steps = 0, .reward_threshold = {}, .options = {}},
            mode)),
        description(inner->metadata()) {}

  const Space& observation_space() const override {
    return observations ? *observations : inner->observation_space();
  }
  const Space& action_space() const override { return actions ? *actions : inner->action_space(); }
  const EnvMetadata& metadata() const override { return description; }
  const EnvSpec& spec() const override { return inner->spec(); }
  const std::string& render_mode() const override { return inner->render_mode(); }
  std::uint64_t seed() const override { return on_seed ? on_seed() : inner->seed(); }
  ResetResult reset(std::optional<std::uint64_t> seed, const Dict& options) override {
    if (on_reset) return on_reset(seed, options);
    return inner->reset(seed, options);
  }
  StepResult step(const Value& action) override {
    return on_step ? on_step(action) : inner->step(action);
  }
  Frame render() override { return on_render ? on_render() : inner->render(); }
  void close() override {
    if (on_close) on_close();
  }
  Snapshot snapshot() const override { return inner->snapshot(); }
  void restore(const Snapshot& snapshot) override {
    if (on_restore) return on_restore(snapshot);
    inner->restore(snapshot);
  }

  std::unique_ptr<TaskEnv> inner;
  EnvMetadata description;
  std::optional<Space> observations, actions;
  std::function<std::uint64_t()> on_seed;
  std::function<ResetResult(std::optional<std::uint64_t>, const Dict&)> on_reset;
  std::function<StepResult(const Value&)> on_step;
  std::function<Frame()> on_render;
  std::function<void()> on_close;
  std::function<void(const Snapshot&)> on_restore;
};

/// Names of the rules that an environment breaks. Rules on bounds are left out: the counting
/// environment observes counts.
std::vector<std::string> broken(const std::function<void(Faulty&)>& spoil) {
  std::vector<std::string> rules;
  for (const Violation& violation : check_env([&](const std::string& mode) {
         auto env = std::make_unique<Faulty>(mode);
         spoil(*env);
         return env;
       })) {
    EXPECT_FALSE(violation.message.empty());
    rules.push_back(violation.rule);
  }
  return rules;
}

/// Shared by the environments of one check, as a global variable would be.
struct Shared {
  int count = 0;
};

TEST(EnvChecker, PassesAnEnvironmentThatKeepsItsPromises) {
  EXPECT_THAT(broken([](Faulty&) {}), IsEmpty());
}

TEST(EnvChecker, FindsAFirstObservationOutsideTheSpace) {
  EXPECT_THAT(broken([](Faulty& env) {
                env.on_reset = [&env](auto seed, const Dict& options) {
                  ResetResult result = env.inner->reset(seed, options);
                  result.observation = Array(std::vector<float>{0, -1});
                  return result;
                };
              }),
              ElementsAre("reset-observation"));
}

TEST(EnvChecker, FindsOptionsThatAreTakenUnread) {
  EXPECT_THAT(broken([](Faulty& env) {
                env.on_reset = [&env](auto seed, const Dict&) {
                  return env.inner->reset(seed, {});
                };
              }),
              ElementsAre("reset-options"));
}

TEST(EnvChecker, FindsASeedThatIsNotKept) {
  EXPECT_THAT(broken([](Faulty& env) { env.on_seed = [] { return std::uint64_t{0}; }; }),
              ElementsAre("reset-seed"));
}

TEST(EnvChecker, FindsResetsThatDifferForOneSeed) {
  const auto shared = std::make_shared<Shared>();
  EXPECT_THAT(broken([&](Faulty& env) {
                env.on_reset = [&env, shared](auto seed, const Dict& options) {
                  ResetResult result = env.inner->reset(seed, options);
                  result.info["resets in this process"] = Array(std::int64_t{++shared->count});
                  return result;
                };
              }),
              ElementsAre("reset-deterministic"));
}

TEST(EnvChecker, FindsASeedThatIsIgnored) {
  EXPECT_THAT(broken([](Faulty& env) {
                const auto last = std::make_shared<std::uint64_t>(0);
                env.on_seed = [last] { return *last; };
                env.on_reset = [&env, last](auto seed, const Dict& options) {
                  if (seed) *last = *seed;
                  return env.inner->reset(5, options);
                };
              }),
              ElementsAre("reset-differs"));
}

template <class Change>
std::vector<std::string> broken_step(const Change& change) {
  return broken([&](Faulty& env) {
    env.on_step = [&env, change](const Value& action) {
      StepResult result = env.inner->step(action);
      change(result);
      return result;
    };
  });
}

TEST(EnvChecker, FindsAnObservationOfAnotherDtype) {
  EXPECT_THAT(broken_step([](StepResult& step) {
                step.observation = Array(std::vector<double>{0, 0});
              }),
              ElementsAre("step-observation"));
}

TEST(EnvChecker, FindsARewardThatIsNotFinite) {
  EXPECT_THAT(
      broken_step([](StepResult& step) { step.reward = std::numeric_limits<double>::infinity(); }),
      ElementsAre("step-reward"));
}

TEST(EnvChecker, FindsNanInTheInformation) {
  const auto rules = broken_step([](StepResult& step) {
    step.info["deep"] = Dict{{"x", Array(std::numeric_limits<double>::quiet_NaN())}};
  });
  EXPECT_EQ(rules.front(), "step-info");  // and what compares it finds it unequal to itself
}

TEST(EnvChecker, FindsStepsThatDiffer) {
  const auto shared = std::make_shared<Shared>();
  const auto rules = broken_step(
      [shared](StepResult& step) { step.info["time"] = Array(std::int64_t{++shared->count}); });
  EXPECT_EQ(rules.front(), "step-deterministic");  // and so do restored ones
}

TEST(EnvChecker, FindsStepsBeforeTheFirstReset) {
  EXPECT_THAT(broken([](Faulty& env) {
                const auto started = std::make_shared<bool>(false);
                env.on_reset = [&env, started](auto seed, const Dict& options) {
                  *started = true;
                  return env.inner->reset(seed, options);
                };
                env.on_restore = [&env, started](const Snapshot& snapshot) {
                  env.inner->restore(snapshot);
                  *started = true;
                };
                env.on_step = [&env, started](const Value& action) {
                  return *started ? env.inner->step(action) : StepResult{};
                };
              }),
              ElementsAre("step-order"));
}

TEST(EnvChecker, FindsActionsOfAnotherForm) {
  EXPECT_THAT(broken([](Faulty& env) {
                env.on_step = [&env](const Value& action) {
                  if (action.tuple() != nullptr) return StepResult{};
                  return env.inner->step(action);
                };
              }),
              ElementsAre("action-form"));
}

TEST(EnvChecker, FindsNanThatIsTakenAndRefusalsThatMove) {
  EXPECT_THAT(broken([](Faulty& env) {
                env.on_step = [&env](const Value& action) {
                  if (action.array() != nullptr && !(action.array()->at(0) <= 1)) {
                    return StepResult{};
                  }
                  return env.inner->step(action);
                };
              }),
              ElementsAre("action-finite"));
  EXPECT_THAT(broken([](Faulty& env) {
                env.on_step = [&env](const Value& action) {
                  if (action.array() != nullptr && !(action.array()->at(0) <= 1)) {
                    env.inner->step(Array(std::vector<float>{0}));
                  }
                  return env.inner->step(action);
                };
              }),
              ElementsAre("action-finite"));
}

TEST(EnvChecker, FindsASnapshotThatLeavesSomethingOut) {
  EXPECT_THAT(broken([](Faulty& env) {
                const auto count = std::make_shared<std::int64_t>(0);
                env.on_reset = [&env, count](auto seed, const Dict& options) {
                  *count = 0;
                  return env.inner->reset(seed, options);
                };
                env.on_step = [&env, count](const Value& action) {
                  StepResult result = env.inner->step(action);
                  result.info["own count"] = Array(++*count);
                  return result;
                };
              }),
              ElementsAre("snapshot"));
}

TEST(EnvChecker, FindsForeignBytesThatAreTaken) {
  EXPECT_THAT(broken([](Faulty& env) {
                env.on_restore = [&env](const Snapshot& snapshot) {
                  if (snapshot.size() > 10) env.inner->restore(snapshot);
                };
              }),
              ElementsAre("snapshot-foreign"));
}

TEST(EnvChecker, FindsRenderModesThatDoNotWork) {
  EXPECT_THAT(broken([](Faulty& env) { env.description.render_modes.push_back("3d"); }),
              ElementsAre("render"));
  EXPECT_THAT(broken([](Faulty& env) { env.description.render_fps = 0; }), ElementsAre("render"));
  EXPECT_THAT(broken([](Faulty& env) { env.on_render = [] { return Frame("text"); }; }),
              ElementsAre("render"));
}

TEST(EnvChecker, FindsACloseThatWorksOnce) {
  EXPECT_THAT(
      broken([](Faulty& env) {
        const auto open = std::make_shared<bool>(true);
        env.on_close = [open] {
          if (!*open)
            throw RunError({.what = "closed", .where = {}, .got = {}, .allowed = {}, .next = {}});
          *open = false;
        };
      }),
      ElementsAre("close"));
}

TEST(EnvChecker, WarnsOfBoundsThatMakeTrainingHard) {
  const auto warnings = [](Space actions) {
    return broken([&](Faulty& env) { env.actions = actions; });
  };
  EXPECT_THAT(warnings(uniform_box({1}, -2, 2)), ElementsAre("action-bounds"));
  EXPECT_THAT(warnings(uniform_box({1}, 0, 0)), ElementsAre("action-bounds"));
  EXPECT_THAT(broken([](Faulty& env) {
                env.observations = uniform_box({2}, 0, std::numeric_limits<double>::infinity());
              }),
              ElementsAre("observation-bounds"));
}

TEST(EnvChecker, RequiresByThrowing) {
  EXPECT_NO_THROW(
      require_env([](const std::string& mode) { return std::make_unique<Faulty>(mode); }));
  try {
    require_env([](const std::string& mode) {
      auto env = std::make_unique<Faulty>(mode);
      env->on_seed = [] { return std::uint64_t{0}; };
      return env;
    });
    FAIL() << "a broken environment passed";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("reset-seed"));
  }
}

}  // namespace
}  // namespace noesis

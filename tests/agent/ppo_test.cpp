// Training: advantages by hand, one batch learned by heart, a trivial task, what a truncated
// episode is worth, and runs that go on from a checkpoint with the same bits.
#include "agent/ppo.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "agent/gae.hpp"
#include "agent/torch_threads.hpp"
#include "agent/trainer.hpp"
#include "core/config_difference.hpp"
#include "core/error.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

// By hand with gamma .5, lambda .5: delta = (1 + .5*.2 - .1, 2 - .2, 3 + .5*.4 - .3) = (1, 1.8,
// 2.9); the second step ends an episode. Red when what comes after an end leaks into it.
TEST(Gae, ByHand) {
  const std::array<float, 3> rewards = {1, 2, 3}, values = {0.1F, 0.2F, 0.3F};
  const std::array<std::uint8_t, 3> ended = {0, 1, 0};
  std::array<float, 3> advantages{};
  estimate_advantages(rewards, values, ended, 0.4F, 0.5F, 0.5F, advantages);
  EXPECT_NEAR(advantages[2], 2.9F, 1e-6);
  EXPECT_NEAR(advantages[1], 1.8F, 1e-6);
  EXPECT_NEAR(advantages[0], 1.0F + 0.25F * 1.8F, 1e-6);
}

/// Shown a number in [-1, 1] at the first step only, the agent is to say it two steps later: what
/// only a memory can do. Truncated by a limit of 3 when `endless`, terminated else.
class EchoTask final : public Task {
 public:
  EchoTask(std::int64_t num_envs, bool endless, double reward = 0)
      : num_envs_(num_envs), endless_(endless), reward_(reward), state_(num_envs) {}

  std::int64_t num_envs() const override { return num_envs_; }
  const Space& observation_space() const override { return observation_; }
  const Space& action_space() const override { return action_; }
  void reset(std::int64_t env, std::uint64_t seed, const Dict&, std::span<float> observation,
             InfoTable&) override {
    State& state = state_[static_cast<std::size_t>(env)];
    state = {.shown = static_cast<float>(2 * RandomSequence(seed, Stream::kTask).uniform() - 1),
             .step = 0};
    observation[0] = state.shown;
    observation[1] = 0;
  }
  void step(std::span<const float> actions, std::span<const std::uint8_t>,
            const TaskStep& out) override {
    for (std::size_t e = 0; e < state_.size(); ++e) {
      State& state = state_[e];
      ++state.step;
      const bool asked = state.step == 3;
      const float miss = actions[e] - state.shown;
      out.rewards[e] = reward_ != 0 ? reward_ : (asked ? -miss * miss : 0.0);
      out.terminated[e] = asked && !endless_ ? 1 : 0;
      out.observations[2 * e] = 0;
      out.observations[2 * e + 1] = state.step == 2 ? 1.0F : 0.0F;
    }
  }
  void save(std::int64_t env, ByteWriter& out) const override {
    out.put(state_[static_cast<std::size_t>(env)]);
  }
  void load(std::int64_t env, ByteReader& in) override {
    in.get(state_[static_cast<std::size_t>(env)]);
  }
  std::vector<RenderRow> render_rows(std::int64_t) const override { return {}; }

 private:
  struct State {
    float shown;
    std::int64_t step;
  };
  std::int64_t num_envs_;
  bool endless_;
  double reward_;
  Space observation_ = uniform_box({2}, -1, 1);
  Space action_ = uniform_box({1}, -1, 1);
  std::vector<State> state_;
};

struct Loop {
  PpoConfig config;
  VectorEnv env;
  HybridAgent agent{nullptr};
  std::unique_ptr<torch::optim::Adam> optimizer;
  std::unique_ptr<Collector> collector;

  explicit Loop(std::unique_ptr<Task> task, std::int64_t limit = 0)
      : env(std::move(task), EnvSpec{"test/Echo-v0", limit, {}, {}}, Autoreset::kSameStep) {
    use_one_torch_thread();
    config.rollout_length = 12;
    config.minibatches = 2;
    config.log_std = -0.5;
    config.gamma = 0.9;
    AgentConfig sizes;
    sizes.encoder_size = sizes.hidden_size = sizes.gru_size = 16;
    agent = HybridAgent(sizes, AgentShape{2, 1, 2}, 0);
    const torch::NoGradGuard no_grad;
    agent->log_std.fill_(config.log_std);
    optimizer =
        std::make_unique<torch::optim::Adam>(agent->parameters(), torch::optim::AdamOptions(3e-3));
    collector = std::make_unique<Collector>(agent, env, config, 0);
    collector->start();
  }
};

double mean(const std::vector<double>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

// Red when the recurrent state is dropped in the update, when the ratio's sign is turned, or when
// episodes are not reset in the replayed sequence.
TEST(Ppo, LearnsToRemember) {
  Loop loop(std::make_unique<EchoTask>(24, false));
  double first = 0, last = 0;
  constexpr int kUpdates = 60;
  for (int k = 0; k < kUpdates; ++k) {
    const Rollout rollout = loop.collector->collect(k);
    const double now = mean(rollout.episode_returns);
    if (k < 5) first += now / 5;
    if (k >= kUpdates - 5) last += now / 5;
    ppo_update(loop.agent, *loop.optimizer, rollout, loop.config, 3e-3, 0, k);
  }
  // Not to move at all costs 1/3, and noise is on top; who does not remember cannot do better.
  EXPECT_LT(first, -0.35);
  EXPECT_GT(last, -0.25);
}

// Values of 24 moments that only the recurrent state tells apart. Red when no gradient comes
// through it, or the value's loss has another sign or target.
TEST(Ppo, LearnsOneBatchByHeart) {
  Loop loop(std::make_unique<EchoTask>(2, false));
  Rollout rollout = loop.collector->collect(0);
  RandomSequence random(0, Stream::kTask);
  for (std::int64_t k = 0; k < rollout.returns.numel(); ++k) {
    rollout.returns.view({-1})[k] = random.uniform() < 0.5 ? -1.0F : 1.0F;
  }
  loop.config.epochs = 1;
  UpdateStatistics last;
  for (int k = 0; k < 300; ++k) {
    last = ppo_update(loop.agent, *loop.optimizer, rollout, loop.config, 1e-2, 0, k);
  }
  EXPECT_LT(last.value_loss, 0.2);  // from 0.5, where nothing is told apart
  EXPECT_LT(last.prediction_loss, 0.2);
}

// The replayed sequence must give the probabilities that actions were drawn with. Red when resets
// or the starting state are off by a step.
TEST(Ppo, ReplaysWhatWasPlayed) {
  Loop loop(std::make_unique<EchoTask>(6, false));
  loop.collector->collect(0);
  const Rollout rollout = loop.collector->collect(1);
  const torch::NoGradGuard no_grad;
  AgentState state = rollout.start.clone();
  const AgentOutput output =
      loop.agent->sequence(rollout.observations, rollout.resets, state, Plasticity::kActive);
  EXPECT_TRUE(torch::allclose(log_density(rollout.actions, output.action_mean, loop.agent->log_std),
                              rollout.log_probs, 1e-4, 1e-5));
  EXPECT_TRUE(torch::allclose(output.value, rollout.values, 1e-4, 1e-5));
}

// With reward 1 for ever and a time limit, no return is that of an end. Red when truncation is
// taken for termination, or termination for truncation.
TEST(Ppo, TruncationIsNotAnEnd) {
  for (const bool endless : {true, false}) {
    Loop loop(std::make_unique<EchoTask>(4, endless, 1.0), endless ? 3 : 0);
    loop.config.normalise_rewards = false;
    const torch::NoGradGuard no_grad;
    loop.agent->value_head->weight.zero_();
    loop.agent->value_head->bias.fill_(10);  // 1 / (1 - gamma): the truth without an end
    const Rollout rollout = loop.collector->collect(0);
    const torch::Tensor ended = rollout.ended.to(torch::kBool);
    EXPECT_TRUE(ended.any().item<bool>());
    if (endless) {
      EXPECT_TRUE(
          torch::allclose(rollout.advantages, torch::zeros_like(rollout.advantages), 0, 1e-4));
    } else {
      EXPECT_TRUE(torch::allclose(rollout.advantages.masked_select(ended), torch::tensor({-9.0F}),
                                  0, 1e-4));
    }
  }
}

TEST(Ppo, StopsAtARewardThatIsNotFinite) {
  Loop loop(std::make_unique<EchoTask>(4, false, std::numeric_limits<double>::quiet_NaN()));
  try {
    loop.collector->collect(7);
    FAIL() << "a NaN went through";
  } catch (const RunError& error) {
    EXPECT_NE(std::string(error.what()).find("update 7, step 0"), std::string::npos);
  }
}

TrainConfig small_run() {
  TrainConfig config;
  config.num_envs = 6;
  config.env_options = {"subject=reference-3", "max_episode_steps=10"};
  config.ppo.total_steps = 6 * 8 * 4;
  config.ppo.rollout_length = 8;
  config.agent.encoder_size = config.agent.hidden_size = config.agent.gru_size = 8;
  config.agent.use_fast_cache = config.agent.use_arousal = config.agent.use_local_bias = true;
  config.agent.fast_cache.rank = 3;
  config.eval_episodes = 2;
  config.ppo.epochs = 2;
  return config;
}

// Red when anything is missing in the checkpoint: a moment of the optimiser, an environment, the
// state of the agent, a scale, a counter.
TEST(Trainer, ResumesToTheSameBits) {
  const test::TempFolder folder;
  const TrainConfig config = small_run();
  Trainer whole(config, 3), half(config, 3);
  for (int k = 0; k < 4; ++k) whole.update(nullptr);
  for (int k = 0; k < 2; ++k) half.update(nullptr);
  half.save(folder.path() / "half");
  Trainer resumed(config, 3);
  resumed.load(folder.path() / "half");
  EXPECT_EQ(resumed.updates_done(), 2);
  for (int k = 0; k < 2; ++k) resumed.update(nullptr);
  EXPECT_EQ(resumed.evaluate_policy().returns, whole.evaluate_policy().returns);
  whole.save(folder.path() / "whole");
  resumed.save(folder.path() / "resumed");
  const auto bytes = [&](const char* name) {
    std::ifstream file(folder.path() / name / "manifest.json");
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_EQ(bytes("whole"), bytes("resumed"));  // it holds the digest of every part
}

TEST(Trainer, APolicyFromACheckpointActsTheSame) {
  const test::TempFolder folder;
  Trainer trainer(small_run(), 1);
  trainer.update(nullptr);
  trainer.save(folder.path() / "one");
  TrainConfig config;
  const TrainedPolicy loaded = load_policy(folder.path() / "one", config);
  const Evaluation again = evaluate(loaded.policy, config.env, 2, 0,
                                    EnvOptions{.toml = {}, .overrides = config.env_options});
  EXPECT_EQ(again.returns, trainer.evaluate_policy().returns);
  EXPECT_THROW(check_sizes(loaded, *make_vec(config.env, 1), config.env), ConfigError);
}

/// The message of the ConfigError that loading gives.
std::string refusal(const TrainConfig& config, const std::filesystem::path& folder) {
  Trainer trainer(config, 0);
  try {
    trainer.load(folder);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "none";
}

TEST(Trainer, RefusesOtherAndBrokenCheckpoints) {
  const test::TempFolder folder;
  const auto saved = folder.path() / "saved";
  Trainer(small_run(), 0).save(saved);
  TrainConfig other = small_run();
  other.agent.gru_size = 9;
  other.agent.fast_cache.rank = 4;
  EXPECT_NE(refusal(other, saved).find("agent.gru_size"), std::string::npos)
      << refusal(other, saved);
  EXPECT_NE(refusal(small_run(), folder.path() / "nowhere"), "none");
  std::filesystem::resize_file(saved / "agent.h5", 5000);
  EXPECT_NE(refusal(small_run(), saved).find("agent.h5"), std::string::npos);
}

// A checkpoint whose digests are right may still be of something else.
TEST(Trainer, RefusesAgentsOfOtherSizes) {
  const test::TempFolder folder;
  TrainConfig other = small_run();
  other.agent.hidden_size = 9;
  Trainer(other, 0).save(folder.path() / "other");
  const Hdf5File file = Hdf5File::open(folder.path() / "other" / "agent.h5");
  HybridAgent agent(small_run().agent, training_shape(6, 3, small_run()), 0);
  try {
    load_agent(*agent, file);
    FAIL() << "loaded";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("parameters/"), std::string::npos);
  }
}

TEST(ConfigDifference, NamesTheFirstKey) {
  TrainConfig a, b;
  EXPECT_FALSE(first_difference(a, b).has_value());
  b.ppo.gamma = 0.5;
  b.eval_seed = 3;
  const auto difference = first_difference(a, b);
  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->second, difference->key == "ppo.gamma" ? "0.5" : "3");
}

}  // namespace
}  // namespace noesis

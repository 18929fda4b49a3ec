#pragma once
/// Configuration of training an agent in an environment: what `noesis train` reads.

#include <cstdint>
#include <string>
#include <vector>

#include "agent/agent_config.hpp"

namespace noesis {

/// Proximal policy optimisation (Schulman et al., arXiv:1707.06347) of a recurrent agent.
struct PpoConfig {
  std::int64_t total_steps = 500'000;
  std::int64_t rollout_length = 32;
  std::int64_t epochs = 4;
  std::int64_t minibatches = 4;
  double learning_rate = 0.001;
  bool anneal = true;
  double gamma = 0.97;
  double gae_lambda = 0.95;
  double clip = 0.2;
  double value_weight = 0.5;
  double entropy_weight = 0;
  double prediction_weight = 0.1;
  double grad_clip = 0.5;
  double target_kl = 0;
  double log_std = -0.5;
  bool normalise_observations = true;
  bool normalise_rewards = true;

  template <class V>
  void visit(V& v) {
    v("total_steps", total_steps, "Environment steps, all environments together", at_least(1));
    v("rollout_length", rollout_length, "Steps of each environment between updates",
      between(1, 100'000));
    v("epochs", epochs, "Passes over each rollout", between(1, 1000));
    v("minibatches", minibatches, "Parts that the environments of a rollout are split into",
      between(1, 65536));
    v("learning_rate", learning_rate, "Of Adam", greater_than(0));
    v("anneal", anneal, "Lower the learning rate to 0 at the end, in a line");
    v("gamma", gamma, "Discount a step", between(0, 1));
    v("gae_lambda", gae_lambda, "Of the generalised advantage estimate", between(0, 1));
    v("clip", clip, "Range of the probability ratio that is rewarded", greater_than(0));
    v("value_weight", value_weight, "Weight of the value loss", at_least(0));
    v("entropy_weight", entropy_weight, "Weight of the policy's entropy", at_least(0));
    v("prediction_weight", prediction_weight, "Weight of the self-supervised prediction loss",
      at_least(0));
    v("grad_clip", grad_clip, "Largest norm of a gradient", greater_than(0));
    v("target_kl", target_kl, "Divergence from the old policy that ends the passes; 0: none",
      at_least(0));
    v("log_std", log_std, "Log standard deviation of actions at the start");
    v("normalise_observations", normalise_observations,
      "By the running mean and standard deviation of each");
    v("normalise_rewards", normalise_rewards, "By the running deviation of the discounted return");
  }
};

struct TrainConfig {
  std::int64_t seed = 0;
  std::int64_t seeds = 1;
  std::string env = "noesis/Steer-v0";
  std::vector<std::string> env_options;
  std::int64_t num_envs = 64;
  PpoConfig ppo;
  AgentConfig agent;
  std::int64_t checkpoint_every = 20;
  std::int64_t eval_episodes = 10;
  std::int64_t eval_seed = 0;

  template <class V>
  void visit(V& v) {
    v("seed", seed, "Seed of the first agent", between(0, 1e9));
    v("seeds", seeds, "Agents trained side by side, with seeds that count up", between(1, 1000));
    v("env", env, "Environment");
    v("env_options", env_options, "Its options, as key=value");
    v("num_envs", num_envs, "Environments an agent", between(1, 65536));
    v.section("ppo", ppo);
    v.section("agent", agent);
    v("checkpoint_every", checkpoint_every, "Updates between checkpoints", at_least(1));
    v("eval_episodes", eval_episodes, "Episodes that the trained agent is judged by", at_least(1));
    v("eval_seed", eval_seed, "Seed of the first of them; the next ones count up", between(0, 1e9));
  }
};

/// Seeds of training environments begin here, seeds of evaluation lie below: no agent is judged on
/// what it was trained on.
constexpr std::uint64_t kFirstTrainingSeed = std::uint64_t{1} << 40;

}  // namespace noesis

#include "agent/trainer.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "agent/torch_threads.hpp"
#include "core/error.hpp"

namespace noesis {
namespace {

constexpr double kAdamEpsilon = 1e-5;

std::unique_ptr<VectorEnv> make_env(const TrainConfig& config,
                                    const BackendFactories& make_backend) {
  auto env = make_vec(
      config.env, config.num_envs,
      EnvOptions{.toml = {}, .overrides = config.env_options, .make_backend = make_backend},
      Autoreset::kSameStep);
  if (env->single_action_space().get_if<Box>() == nullptr) {
    throw ConfigError({.what = "the policy is a Gaussian: actions must be one flat box",
                       .where = "env",
                       .got = config.env,
                       .allowed = "an environment whose action space is a Box",
                       .next = "set its options so (action_mode=current)"});
  }
  return env;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// The mean of the policy, in one environment for one episode.
class MeanPolicy final : public Policy {
 public:
  MeanPolicy(HybridAgent agent, std::optional<RunningScale> observed)
      : agent_(std::move(agent)),
        observed_(std::move(observed)),
        state_(agent_->initial_state(1)) {}

  void act(std::span<const float> observation, std::span<float> action) override {
    use_one_torch_thread();
    const torch::NoGradGuard no_grad;
    torch::Tensor heard = torch::empty({1, std::ssize(observation)});
    const std::span<float> row(heard.mutable_data_ptr<float>(), observation.size());
    std::copy(observation.begin(), observation.end(), row.begin());
    if (observed_) observed_->normalise(row);
    const torch::Tensor mean = agent_->step(heard, state_).action_mean.contiguous();
    std::copy_n(mean.const_data_ptr<float>(), action.size(), action.begin());
  }

 private:
  HybridAgent agent_;
  std::optional<RunningScale> observed_;
  AgentState state_;
};

}  // namespace

AgentShape training_shape(std::int64_t observation_size, std::int64_t action_size,
                          const TrainConfig& config) {
  // The next observation is predicted where something is made of it.
  const bool predicts =
      config.ppo.prediction_weight > 0 || config.agent.use_fast_cache || config.agent.use_arousal;
  return {.observation_size = observation_size,
          .action_size = action_size,
          .prediction_size = predicts ? observation_size : 0};
}

PolicyFactory mean_policy(HybridAgent agent, const PpoConfig& config,
                          const RunningScale& observed) {
  std::optional<RunningScale> scale;
  if (config.normalise_observations) scale = observed;
  return [agent = std::move(agent), scale](std::uint64_t) {
    return std::make_unique<MeanPolicy>(agent, scale);
  };
}

Trainer::Trainer(const TrainConfig& config, std::uint64_t seed,
                 const BackendFactories& make_backend)
    : config_(config), seed_(seed) {
  use_one_torch_thread();
  config_.seed = static_cast<std::int64_t>(seed);
  env_ = make_env(config_, make_backend);
  agent_ = HybridAgent(
      config_.agent, training_shape(env_->observation_size(), env_->action_size(), config_), seed);
  {
    const torch::NoGradGuard no_grad;
    agent_->log_std.fill_(config_.ppo.log_std);
  }
  optimizer_ = std::make_unique<torch::optim::Adam>(
      agent_->parameters(), torch::optim::AdamOptions(config_.ppo.learning_rate).eps(kAdamEpsilon));
  collector_ = std::make_unique<Collector>(agent_, *env_, config_.ppo, seed);
  collector_->start();
}

std::int64_t Trainer::num_updates() const noexcept {
  const std::int64_t batch = config_.num_envs * config_.ppo.rollout_length;
  return (config_.ppo.total_steps + batch - 1) / batch;
}

std::int64_t Trainer::steps_done() const noexcept {
  return updates_ * config_.num_envs * config_.ppo.rollout_length;
}

UpdateStatistics Trainer::update(ScalarSink* sink) {
  use_one_torch_thread();
  const Rollout rollout = collector_->collect(updates_);
  const double left = 1 - static_cast<double>(updates_) /
                              static_cast<double>(std::max<std::int64_t>(1, num_updates()));
  const double rate = config_.ppo.learning_rate * (config_.ppo.anneal ? left : 1.0);
  const UpdateStatistics statistics =
      ppo_update(agent_, *optimizer_, rollout, config_.ppo, rate, seed_, updates_);
  ++updates_;
  if (sink != nullptr) {
    const std::int64_t step = steps_done();
    if (!rollout.episode_returns.empty()) {
      sink->scalar("charts/episodic_return", step, mean_of(rollout.episode_returns));
      sink->scalar("charts/episodic_length", step, mean_of(rollout.episode_lengths));
    }
    sink->scalar("charts/learning_rate", step, statistics.learning_rate);
    sink->scalar("losses/value_loss", step, statistics.value_loss);
    sink->scalar("losses/policy_loss", step, statistics.policy_loss);
    sink->scalar("losses/entropy", step, statistics.entropy);
    sink->scalar("losses/prediction_loss", step, statistics.prediction_loss);
    sink->scalar("losses/old_approx_kl", step, statistics.old_approx_kl);
    sink->scalar("losses/approx_kl", step, statistics.approx_kl);
    sink->scalar("losses/clipfrac", step, statistics.clipfrac);
    sink->scalar("losses/explained_variance", step, statistics.explained_variance);
  }
  return statistics;
}

PolicyFactory Trainer::policy() const {
  return mean_policy(agent_, config_.ppo, collector_->observed);
}

Evaluation Trainer::evaluate_policy() const {
  return evaluate(policy(), config_.env, config_.eval_episodes,
                  static_cast<std::uint64_t>(config_.eval_seed),
                  EnvOptions{.toml = {}, .overrides = config_.env_options});
}

}  // namespace noesis

#include "agent/ppo.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

constexpr std::uint32_t kShuffleSlot = 3;
constexpr double kEntropyOfUnit = 1.4189385332046727;  // of N(0, 1): (1 + log 2 pi) / 2
constexpr double kAdvantageFloor = 1e-8;

/// A permutation of the environments (Fisher-Yates), by (seed, update, epoch).
std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed, std::int64_t update,
                                   std::int64_t epoch) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::int64_t k = count - 1; k > 0; --k) {
    const auto id = static_cast<std::uint32_t>(epoch * count + k);
    const double u =
        uniform_pair(seed, Stream::kAgent, static_cast<std::uint64_t>(update), id, kShuffleSlot)
            .first;
    const auto other = static_cast<std::size_t>(u * static_cast<double>(k + 1));
    std::swap(order[static_cast<std::size_t>(k)], order[other]);
  }
  return order;
}

double explained_variance(const torch::Tensor& values, const torch::Tensor& returns) {
  const double variance = returns.var(false).item<double>();
  if (variance <= 0) return 0;
  return 1 - (returns - values).var(false).item<double>() / variance;
}

struct Losses {
  torch::Tensor total;
  UpdateStatistics parts;
};

Losses losses_of(HybridAgent& agent, const Rollout& rollout, const torch::Tensor& envs,
                 const PpoConfig& config) {
  const auto pick = [&](const torch::Tensor& part) { return part.index_select(0, envs); };
  AgentState state = rollout.start.select(envs);
  const AgentOutput output =
      agent->sequence(pick(rollout.observations), pick(rollout.resets), state, Plasticity::kActive);
  const torch::Tensor log_ratio =
      log_density(pick(rollout.actions), output.action_mean, agent->log_std) -
      pick(rollout.log_probs);
  const torch::Tensor ratio = log_ratio.exp();
  torch::Tensor advantage = pick(rollout.advantages);
  advantage = (advantage - advantage.mean()) / (advantage.std(false) + kAdvantageFloor);
  const torch::Tensor clipped = ratio.clamp(1 - config.clip, 1 + config.clip);
  const torch::Tensor policy = -torch::min(ratio * advantage, clipped * advantage).mean();
  const torch::Tensor value = 0.5 * (output.value - pick(rollout.returns)).square().mean();
  const torch::Tensor entropy = (agent->log_std + kEntropyOfUnit).sum();
  Losses losses;
  losses.total = policy + config.value_weight * value - config.entropy_weight * entropy;
  if (agent->shape().prediction_size > 0) {
    const torch::Tensor prediction = (output.prediction - pick(rollout.next)).square().mean();
    losses.total = losses.total + config.prediction_weight * prediction;
    losses.parts.prediction_loss = prediction.item<double>();
  }
  losses.parts.policy_loss = policy.item<double>();
  losses.parts.value_loss = value.item<double>();
  losses.parts.entropy = entropy.item<double>();
  const torch::NoGradGuard no_grad;
  losses.parts.old_approx_kl = -log_ratio.mean().item<double>();
  losses.parts.approx_kl = (ratio - 1 - log_ratio).mean().item<double>();
  losses.parts.clipfrac =
      ((ratio - 1).abs() > config.clip).to(torch::kFloat32).mean().item<double>();
  return losses;
}

}  // namespace

UpdateStatistics ppo_update(HybridAgent& agent, torch::optim::Adam& optimizer,
                            const Rollout& rollout, const PpoConfig& config, double learning_rate,
                            std::uint64_t seed, std::int64_t update) {
  static_cast<torch::optim::AdamOptions&>(optimizer.param_groups()[0].options()).lr(learning_rate);
  const std::int64_t num_envs = rollout.observations.size(0);
  const std::int64_t parts = std::min(config.minibatches, num_envs);
  UpdateStatistics sums;
  std::int64_t count = 0;
  bool stop = false;
  for (std::int64_t epoch = 0; epoch < config.epochs && !stop; ++epoch) {
    const std::vector<std::int64_t> order = shuffled(num_envs, seed, update, epoch);
    const torch::Tensor all = torch::tensor(order, torch::kInt64);
    for (std::int64_t m = 0; m < parts; ++m) {
      const std::int64_t first = m * num_envs / parts;
      const std::int64_t last = (m + 1) * num_envs / parts;
      const Losses losses = losses_of(agent, rollout, all.narrow(0, first, last - first), config);
      const double total = losses.total.item<double>();
      if (!std::isfinite(total)) {
        throw RunError({.what = "the loss is not finite any more",
                        .where = "update " + std::to_string(update) + ", epoch " +
                                 std::to_string(epoch) + ", minibatch " + std::to_string(m),
                        .got = std::to_string(total),
                        .allowed = {},
                        .next = "lower ppo.learning_rate; the last checkpoint is from before"});
      }
      optimizer.zero_grad();
      losses.total.backward();
      torch::nn::utils::clip_grad_norm_(agent->parameters(), config.grad_clip);
      optimizer.step();
      sums.policy_loss += losses.parts.policy_loss;
      sums.value_loss += losses.parts.value_loss;
      sums.entropy += losses.parts.entropy;
      sums.prediction_loss += losses.parts.prediction_loss;
      sums.old_approx_kl += losses.parts.old_approx_kl;
      sums.approx_kl += losses.parts.approx_kl;
      sums.clipfrac += losses.parts.clipfrac;
      ++count;
      stop = config.target_kl > 0 && losses.parts.approx_kl > config.target_kl;
      if (stop) break;
    }
  }
  const double n = static_cast<double>(count);
  return {.policy_loss = sums.policy_loss / n,
          .value_loss = sums.value_loss / n,
          .entropy = sums.entropy / n,
          .prediction_loss = sums.prediction_loss / n,
          .old_approx_kl = sums.old_approx_kl / n,
          .approx_kl = sums.approx_kl / n,
          .clipfrac = sums.clipfrac / n,
          .explained_variance = explained_variance(rollout.values, rollout.returns),
          .learning_rate = learning_rate};
}

}  // namespace noesis

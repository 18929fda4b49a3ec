#pragma once
/// One update of recurrent PPO from a rollout, with the self-supervised prediction loss:
///
///   -min(rho A, clip(rho, 1 - eps, 1 + eps) A) + c_v (v - R)^2 / 2 - c_e H + c_p |o' -
///   prediction|^2
///
/// rho is the ratio of the new to the old policy's probability of the action, A the advantage
/// (normalised a minibatch). A minibatch is a set of environments with their whole sequences, which
/// are played again from the state they began with.

#include <torch/torch.h>

#include <cstdint>

#include "agent/hybrid_agent.hpp"
#include "agent/rollout.hpp"
#include "agent/train_config.hpp"

namespace noesis {

/// Means over the update's minibatches; explained_variance of the values before it.
struct UpdateStatistics {
  double policy_loss = 0;
  double value_loss = 0;
  double entropy = 0;
  double prediction_loss = 0;
  double old_approx_kl = 0;  ///< mean of -log rho
  double approx_kl = 0;      ///< mean of rho - 1 - log rho
  double clipfrac = 0;
  double explained_variance = 0;
  double learning_rate = 0;
};

/// `update` numbers it: the split into minibatches follows from seed and number.
/// @throws RunError naming the update when a loss is not finite; parameters are those of before
/// the failing minibatch then.
UpdateStatistics ppo_update(HybridAgent& agent, torch::optim::Adam& optimizer,
                            const Rollout& rollout, const PpoConfig& config, double learning_rate,
                            std::uint64_t seed, std::int64_t update);

}  // namespace noesis

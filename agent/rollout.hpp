#pragma once
/// What an agent saw, did and got in all environments between two updates.

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "agent/hybrid_agent.hpp"
#include "agent/running_scale.hpp"
#include "agent/train_config.hpp"
#include "env/vector_env.hpp"

namespace noesis {

/// Tensors (num_envs x steps ...), float32 unless said.
struct Rollout {
  AgentState start;            ///< before the first step
  torch::Tensor observations;  ///< (... x observation_size) normalised
  torch::Tensor next;          ///< (... x prediction_size) what was to be predicted
  torch::Tensor actions;       ///< (... x action_size) before the environment clipped them
  torch::Tensor log_probs;     ///< of the actions
  torch::Tensor values, rewards, advantages, returns;
  torch::Tensor resets;                 ///< bool: a fresh agent state comes before this step
  torch::Tensor ended;                  ///< uint8: the episode ended with this step
  std::vector<double> episode_returns;  ///< of episodes that ended, undiscounted
  std::vector<double> episode_lengths;
};

/// Log density of a diagonal Gaussian at `actions`, summed over the last dimension.
torch::Tensor log_density(const torch::Tensor& actions, const torch::Tensor& mean,
                          const torch::Tensor& log_std);

/// Steps an agent through environments. Borrows them all.
class Collector {
 public:
  /// @throws ConfigError unless the environments reset in the same step and action and observation
  /// are flat boxes.
  Collector(HybridAgent agent, VectorEnv& env, const PpoConfig& config, std::uint64_t seed);

  /// The first episodes. To be called once, unless a checkpoint is restored.
  void start();
  /// `update` numbers the rollout: its random actions follow from seed and number. An episode that
  /// is truncated gets the value of its final observation. @throws RunError naming update and step
  /// when a reward or an observation is not finite.
  Rollout collect(std::int64_t update);

  AgentState state;            ///< of the agent, by environment
  torch::Tensor fresh;         ///< (num_envs, bool) where the state is to be reset first
  RunningScale observed;       ///< of observations
  RunningScale discounted;     ///< of the discounted return
  std::vector<double> so_far;  ///< discounted return by environment

 private:
  torch::Tensor observation(std::span<const float> rows, std::int64_t update, std::int64_t step);

  HybridAgent agent_;
  VectorEnv& env_;
  const PpoConfig& config_;
  std::uint64_t seed_;
};

}  // namespace noesis

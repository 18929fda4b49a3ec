#pragma once
/// Everything that an agent carries from step to step, for many environments side by side.

#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace noesis {

/// Tensors of (num_envs x ...), float32, on the CPU; a part that the agent does not have has zero
/// columns. No part has a gradient except `hidden`, within a training sequence. Copies share
/// memory, as tensors do; clone() does not.
struct AgentState {
  torch::Tensor hidden;      ///< (num_envs x gru_size)
  torch::Tensor cache_u;     ///< (num_envs x hidden_size x rank)
  torch::Tensor cache_v;     ///< (num_envs x key_size x rank)
  torch::Tensor slot;        ///< (num_envs x 1) where the cache writes next
  torch::Tensor rates;       ///< (num_envs x 2 hidden_size) what each hidden unit knows of itself
  torch::Tensor biases;      ///< (num_envs x 2 hidden_size)
  torch::Tensor arousal;     ///< (num_envs x kArousalSize), see arousal.hpp
  torch::Tensor meta;        ///< (num_envs x kMetaSize), see meta_controller.hpp
  torch::Tensor key;         ///< (num_envs x key_size) what the last prediction was made from
  torch::Tensor post;        ///< (num_envs x hidden_size) what the core answered
  torch::Tensor prediction;  ///< (num_envs x prediction_size) of the next observation
  torch::Tensor pending;     ///< (num_envs x 1) whether the prediction was not yet compared

  static constexpr std::size_t kNumParts = 12;
  std::array<torch::Tensor*, kNumParts> parts();
  std::array<const torch::Tensor*, kNumParts> parts() const;

  std::int64_t num_envs() const { return hidden.size(0); }
  AgentState clone() const;
  /// Cuts the history of gradients; the values stay.
  void detach();
  /// The chosen rows (int64 indices), copied.
  AgentState select(const torch::Tensor& rows) const;
  /// Rows where `mask` (num_envs, bool) is set become those of `fresh`, an initial state of as many
  /// environments, or of one.
  void reset(const torch::Tensor& mask, const AgentState& fresh);
  /// `count` equal rows from a state of one.
  AgentState repeat(std::int64_t count) const;

  /// Numbers of one environment.
  std::int64_t packed_size() const;
  /// One environment's row, part by part in the order above; float to double is exact.
  std::vector<double> pack(std::int64_t env) const;
  /// Back into one row. @throws ConfigError when the number of values is another one.
  void unpack(std::int64_t env, std::span<const double> values);
};

}  // namespace noesis

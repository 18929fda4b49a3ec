#pragma once
/// The agent: a slow core that gradients train, and fast parts that adapt while it acts.
///
///   e   = f(E o + b_e)                                  encoder (or e = o)
///   x   = [e, h]
///   y_1 = f(gain (W_1 x + b_1) + beta_1)                core, two hidden layers
///   y_2 = f(gain (W_2 y_1 + b_2) + beta_2)
///   c   = y_2 + WZMA(x)                                 fast cache (wzma.hpp)
///   h   <- GRU(e, h)                                    recurrent state
///   policy mean = A c,  value = v c,  prediction of the next observation = o + s P c
///
/// gain is arousal (arousal.hpp), beta the local intrinsic bias (local_bias.hpp); each part can be
/// switched off. The policy is a diagonal Gaussian with a learned log standard deviation.

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "agent/agent_config.hpp"
#include "agent/agent_state.hpp"
#include "agent/meta_controller.hpp"
#include "agent/wzma.hpp"

namespace noesis {

/// Of one step: (num_envs x size); of a sequence: (num_envs x times x size).
struct AgentOutput {
  torch::Tensor action_mean;  ///< undefined without actions
  torch::Tensor value;        ///< (num_envs) or (num_envs x times); undefined without actions
  torch::Tensor prediction;   ///< of the first prediction_size of the next observation
};

/// What happens to the fast parts in a sequence.
enum class Plasticity {
  kFrozen,  ///< they stay as they are; all times at once
  kActive,  ///< they adapt, step by step
};

/// Not thread-safe; agents in different threads do not touch each other.
class HybridAgentImpl : public torch::nn::Module {
 public:
  /// Parameters are uniform in +-1/sqrt(fan in), from `seed` alone; the policy head is a hundredth
  /// of that, so that first actions are unbiased. @throws ConfigError for sizes that cannot be.
  HybridAgentImpl(AgentConfig config, AgentShape shape, std::uint64_t seed);

  const AgentConfig& config() const noexcept { return config_; }
  const AgentShape& shape() const noexcept { return shape_; }
  std::int64_t key_size() const noexcept;

  AgentState initial_state(std::int64_t num_envs) const;

  /// Compares an observation (num_envs x observation_size) with what was predicted, and adapts the
  /// cache: writes, holds, decays or resets as the meta-controller decides. Surprise by environment
  /// [sd], 0 where nothing was predicted. No gradients.
  std::vector<float> absorb(const torch::Tensor& observation, AgentState& state);

  /// The answer to an observation, with the fast parts as they are; then the recurrent state, local
  /// biases and arousal go on by one step. `surprise` may be empty: nothing was observed.
  AgentOutput forward(const torch::Tensor& observation, AgentState& state,
                      const std::vector<float>& surprise = {});

  /// absorb() and forward(): one step of acting.
  AgentOutput step(const torch::Tensor& observation, AgentState& state);

  /// A sequence (num_envs x times x observation_size) from `state`, which is advanced. `resets`
  /// (num_envs x times, bool; may be undefined) puts a fresh state before that time. The recurrent
  /// part is one call between resets when nothing adapts.
  AgentOutput sequence(const torch::Tensor& observations, const torch::Tensor& resets,
                       AgentState& state, Plasticity plasticity);

  /// Whether any part adapts while it acts.
  bool has_fast_parts() const noexcept;

  /// Every decision of the meta-controller, with the environment's row; empty: none is kept.
  void set_meta_log(MetaLog log) { meta_log_ = std::move(log); }

  /// Unit s of each predicted increment, (prediction_size) finite and positive; 1 before.
  void set_prediction_scale(const std::vector<double>& scale);
  const torch::Tensor& prediction_scale() const noexcept { return prediction_scale_; }

  /// (action_size), log of the policy's standard deviation.
  torch::Tensor log_std;

  torch::nn::Linear encoder{nullptr}, hidden_1{nullptr}, hidden_2{nullptr};
  torch::nn::Linear policy_head{nullptr}, value_head{nullptr}, prediction_head{nullptr};
  torch::nn::GRU gru{nullptr};
  Wzma cache{nullptr};

 private:
  struct Core {
    torch::Tensor first;   ///< y_1
    torch::Tensor second;  ///< y_2
    torch::Tensor output;  ///< c
  };

  void initialise(std::uint64_t seed);
  torch::Tensor activate(const torch::Tensor& net) const;
  torch::Tensor encode(const torch::Tensor& observations);
  Core core(const torch::Tensor& x, const AgentState& state);
  AgentOutput heads(const torch::Tensor& observations, const torch::Tensor& c);
  AgentOutput frozen_segment(const torch::Tensor& observations, AgentState& state);
  void adapt(const Core& core, const std::vector<float>& surprise, AgentState& state) const;
  const torch::Tensor& error_map();
  float policy_entropy() const;

  AgentConfig config_;
  AgentShape shape_;
  MetaController meta_;
  MetaLog meta_log_;
  torch::Tensor start_u_, start_v_;  ///< the plastic bank at birth
  torch::Tensor prediction_scale_;
  torch::Tensor error_map_;  ///< (prediction_size x hidden_size)
  std::int64_t error_map_version_ = -1;
};
TORCH_MODULE(HybridAgent);

}  // namespace noesis

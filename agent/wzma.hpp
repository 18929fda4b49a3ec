#pragma once
/// WZMA, the fast cache: a low-rank associative memory that is written while the agent acts.
///
///   y = sum_k alpha_k(x) y_k,   y_k = U_k (V_k^T x),   alpha = softmax(G x + g)
///
/// Banks of rank r map keys x (key_size) to values y (value_size). Banks 1 .. K-1 are parameters,
/// bank 0 is plastic: buffers U, V, one pair an environment, that no gradient reaches. A learning
/// step decays both by `decay` and writes one slot s, the next in turn; nothing is written where
/// the key's or the value's norm is below 1e-12 (or is not finite).
///
///   hebbian:  U_s += rate * post / |post|,   V_s += rate * pre / |pre|
///   delta:    V_s = c pre / |pre|,   U_s = rate * e / (c |pre|),   e = what the bank lacks
///
/// Entries are clamped to [-c, c] and each slot's norm to c (c = slot_norm), so that |y_0| <= r c^2
/// |x| for whatever is written. The delta rule (Widrow and Hoff 1960; Schlag et al., ICML 2021)
/// replaces a slot: what the old slot meant in the directions of the other keys is first handed to
/// them (least squares, ridge 1e-3), and `post`, the error that was made with the bank as it was,
/// is corrected by what that changed. With r above the keys' dimension it is the normalised LMS
/// rule of step size `rate`; with fewer slots the oldest is forgotten.

#include <torch/torch.h>

#include <cstdint>

#include "agent/agent_config.hpp"

namespace noesis {

class WzmaImpl : public torch::nn::Module {
 public:
  /// Banks 1 .. K-1 start at N(0, 1 / (r key_size)) in V and 0 in U, the gate at 0.
  WzmaImpl(FastCacheConfig config, std::int64_t key_size, std::int64_t value_size);

  /// (num_envs x times x value_size) for x (num_envs x times x key_size), U (num_envs x value_size
  /// x r) and V (num_envs x key_size x r), which are only read.
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& u, const torch::Tensor& v);

  /// The plastic bank alone, y_0.
  static torch::Tensor read(const torch::Tensor& x, const torch::Tensor& u, const torch::Tensor& v);

  /// One learning step where `learn` (num_envs, bool) is set: u, v and slot (num_envs x 1) are
  /// replaced. `pre` is the key (num_envs x key_size); `post` (num_envs x value_size) is the value
  /// that goes with it for hebbian, and for delta the error that was made with it.
  void write(torch::Tensor& u, torch::Tensor& v, torch::Tensor& slot, const torch::Tensor& pre,
             const torch::Tensor& post, const torch::Tensor& learn) const;

  /// Decays U and V where `mask` is set.
  void decay(torch::Tensor& u, torch::Tensor& v, const torch::Tensor& mask) const;

  /// |U| |V| / (r c^2), (num_envs).
  torch::Tensor fast_norm(const torch::Tensor& u, const torch::Tensor& v) const;

  const FastCacheConfig& config() const noexcept { return config_; }
  /// (K x key_size), (K), and (K-1 x value_size x r), (K-1 x key_size x r).
  torch::Tensor gate_weight, gate_bias, bank_u, bank_v;

 private:
  FastCacheConfig config_;
};
TORCH_MODULE(Wzma);

}  // namespace noesis

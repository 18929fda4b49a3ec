#pragma once
/// The weights of a known wiring from recorded activity, by gradients through the dynamics.
///
/// Multiple shooting (Bock, Recent Advances in Parameter Identification Techniques for ODE, 1983):
/// the recording is cut into windows of K intervals, and the state at the start of each window,
/// s_v, is an unknown beside weights W and bias b. With x_v(k) the state k intervals after s_v,
///
///   L(W, b, s) = mean of ((x_v(k) - y(vK + k)) / sd)^2 over data, k = 0 .. K - 1
///              + continuity * mean of ((x_v(K) - s_{v+1}) / sd)^2
///
/// A window is short against the Lyapunov time, so that its gradients do not grow as those through
/// the whole recording would, and the starts are free, so that noise on the observations is not
/// taken for state. A first third of the iterations at most goes to windows of one interval from
/// the observed starts, whose predictions are all but linear in the weights. Gradients are those of
/// agent/differentiable_physics.hpp.

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agent/differentiable_physics.hpp"
#include "agent/weight_fit_config.hpp"

namespace noesis {

/// What was recorded of a brain, all of its neurons, at equal intervals. Tensors are float64.
struct ActivityData {
  /// (num_envs x num_samples x num_observed x num_neurons): the first state variables of the model,
  /// one or all of them.
  torch::Tensor samples;
  /// (num_envs x num_samples - 1 x num_neurons), constant during each interval; undefined: none.
  torch::Tensor current;

  std::int64_t num_envs() const { return samples.size(0); }
  std::int64_t num_samples() const { return samples.size(1); }
  std::int64_t num_observed() const { return samples.size(2); }

  /// The samples [first, first + count) of each environment. @throws ConfigError out of range.
  ActivityData range(std::int64_t first, std::int64_t count) const;
};

/// One fit, iteration by iteration. Not thread-safe; fits in different threads do not touch each
/// other. The same data and configuration give the same bits, whatever the number of threads and
/// however often the fit was saved and loaded in between.
class WeightFit {
 public:
  /// Begins with weights and bias of 0. Of `brain` it reads wiring, gap junctions and model, never
  /// the weights. `plan` says integrator, step and steps an interval. `known_bias` (num_neurons) is
  /// read only with config.bias = false.
  /// @throws ConfigError for data of another shape, fewer than two samples, values that are not
  ///   finite, or observed starts where not every state variable was observed.
  WeightFit(std::shared_ptr<const DifferentiableBrain> brain, const TrajectoryPlan& plan,
            const ActivityData& data, const WeightFitConfig& config,
            const torch::Tensor& known_bias);
  ~WeightFit();

  /// Up to ten more iterations. False when the fit is done.
  bool advance();
  bool done() const noexcept;

  torch::Tensor weights() const;  ///< (num_synapses), a copy
  torch::Tensor bias() const;     ///< (num_neurons), a copy
  std::int64_t iterations() const noexcept;
  /// The loss at the beginning, after each call of advance(), and of the second problem where it
  /// begins.
  const std::vector<double>& losses() const noexcept;

  /// A checkpoint of kind "weight_fit" (core/checkpoint.hpp). @throws RunError.
  void save(const std::filesystem::path& folder) const;
  /// Goes on from there, to the bits of a fit that was not interrupted. @throws ConfigError when
  /// the checkpoint is damaged or of other data or another configuration.
  void load(const std::filesystem::path& folder);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Mean squared error of the prediction of every window of `intervals` from its observed start,
/// over the variance of each neuron: 0 is perfect, 1 as good as its mean. @throws ConfigError where
/// not every state variable was observed.
double prediction_error(const DifferentiableBrain& brain, const TrajectoryPlan& plan,
                        const ActivityData& data, std::int64_t intervals,
                        const torch::Tensor& weights, const torch::Tensor& bias);

}  // namespace noesis

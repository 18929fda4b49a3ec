#pragma once
/// A brain's dynamics as a LibTorch operator: trajectories that gradients pass through, by the
/// discrete adjoint of the integrator (agent/adjoint/trajectory.hpp).
///
/// Any model is differentiable as soon as it is written (physics/models/model.hpp), with gap
/// junctions. Nothing is dense: memory is that of the synapses, plus the samples that are asked
/// for, plus about the square root of the number of steps times the state.

#include <torch/torch.h>

#include <cstdint>
#include <memory>

#include "agent/adjoint/trajectory.hpp"
#include "core/threads.hpp"
#include "physics/connectome.hpp"
#include "physics/models/models.hpp"

namespace noesis {

/// How a trajectory is integrated, and how often it is looked at.
using TrajectoryPlan = adjoint::Plan;

/// The dynamics of one connectome, without interventions other than currents, and without noise.
/// The wiring is given; weights, bias, currents and the start are arguments. All tensors are
/// float64, on the CPU. Immutable: threads may use one side by side, each calling LibTorch as it
/// likes.
class DifferentiableBrain {
 public:
  /// Builds the view by source of the synapses. The arena is borrowed, also by the graphs of
  /// autograd that integrate() leaves. @throws ConfigError for an unknown model, one
  /// whose synapses are conductances (graded), or delays.
  DifferentiableBrain(ConnectomePtr connectome, ModelSpec model, const ThreadArena& arena);

  const Connectome& connectome() const noexcept { return *structure_->connectome; }
  const ModelSpec& model() const noexcept { return model_; }
  std::int64_t num_components() const noexcept { return num_components_; }

  /// The connectome's own weights (num_synapses), by target, then source: the order of every tensor
  /// of weights. A new tensor.
  torch::Tensor weights() const;

  /// What synapses carry at states (num_samples x num_components x num_neurons): (num_samples x
  /// num_neurons), without gradients. @throws ConfigError as integrate().
  torch::Tensor outputs(const torch::Tensor& states) const;

  /// The state at the end of each sample's interval, (num_samples x num_envs x num_components x
  /// num_neurons), from
  ///
  ///   initial (num_envs x num_components x num_neurons)
  ///   weights (num_synapses)
  ///   bias    (num_neurons)
  ///   current (num_samples x num_envs x num_neurons), constant during each sample's interval, or
  ///           undefined: none
  ///
  /// Gradients go to each of these that asks for one; gap junctions are constants. The forward pass
  /// has the bits of Simulation where the weights are floats; both passes have the same bits for
  /// any number of threads, and an environment's samples those that it has alone. Values that are
  /// not finite are passed on, as by any operator.
  /// @throws ConfigError naming the argument for another shape, type or device, or an impossible
  ///   plan; RunError where a gradient of a gradient is asked for, which there is none of.
  torch::Tensor integrate(const TrajectoryPlan& plan, const torch::Tensor& initial,
                          const torch::Tensor& weights, const torch::Tensor& bias,
                          const torch::Tensor& current = {}) const;

 private:
  std::shared_ptr<const adjoint::Structure> structure_;
  ModelSpec model_;
  std::int64_t num_components_;
  const ThreadArena& arena_;
};

/// The same wiring with the weights of a tensor (num_synapses), rounded to float as connectomes
/// have them. @throws ConfigError for another size or values that are not finite.
ConnectomePtr with_weights(const Connectome& connectome, const torch::Tensor& weights);

}  // namespace noesis

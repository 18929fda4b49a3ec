#pragma once
// Brains, plans and numbers that the tests of the adjoint share.

#include <torch/torch.h>

#include <string>
#include <vector>

#include "agent/differentiable_physics.hpp"
#include "core/rng.hpp"
#include "tests/physics/brains.hpp"

namespace noesis::testing {

/// A model by name ("tanh", "logistic", "relu_power", "wilson_cowan"), all of its gains in use.
inline ModelSpec model_of(const std::string& name) {
  ModelSpec model;
  if (name == "wilson_cowan") {
    model.wilson_cowan.tau_e_ms = 8;
    model.wilson_cowan.r_e = 0.3;  // so that the derivative is not linear in E beside the sigmoid
    model.wilson_cowan.coupling = 1.7;
    model.wilson_cowan.gap_coupling = 0.6;
    return model;
  }
  model.name = "rate";
  model.rate.activation = name;
  model.rate.power = 2;
  model.rate.coupling = 1.3;
  model.rate.gap_coupling = 0.4;
  return model;
}

inline torch::Tensor uniform(torch::IntArrayRef sizes, double low, double high,
                             std::uint64_t seed) {
  RandomSequence random(seed, Stream::kTask);
  torch::Tensor tensor = torch::empty(sizes, torch::kFloat64);
  double* values = tensor.mutable_data_ptr<double>();
  for (std::int64_t k = 0; k < tensor.numel(); ++k) {
    values[k] = low + (high - low) * random.uniform();
  }
  return tensor;
}

/// The arguments of integrate(), in its order; the state of Wilson-Cowan is where it moves.
struct Arguments {
  torch::Tensor initial, weights, bias, current;

  std::vector<torch::Tensor*> all() { return {&initial, &weights, &bias, &current}; }
};

inline Arguments arguments_of(const DifferentiableBrain& brain, const TrajectoryPlan& plan,
                              std::int64_t envs) {
  const std::int64_t n = brain.connectome().num_neurons();
  const bool pair = brain.num_components() == 2;
  return {uniform({envs, brain.num_components(), n}, pair ? 0.05 : -1, pair ? 0.5 : 1, 1),
          brain.weights(), uniform({n}, pair ? 0.8 : -0.5, pair ? 1.6 : 0.5, 2),
          uniform({plan.num_samples, envs, n}, -0.5, 0.5, 3)};
}

/// A function of all samples with a gradient that differs everywhere.
inline torch::Tensor loss_of(const torch::Tensor& samples) {
  const torch::Tensor factors = uniform(samples.sizes(), 0.2, 1, 4);
  return (factors * samples + 0.5 * factors.flip(0) * samples.square()).sum();
}

/// Fresh gradients with respect to all arguments.
inline std::vector<torch::Tensor> gradients_of(const DifferentiableBrain& brain,
                                               const TrajectoryPlan& plan, Arguments at) {
  std::vector<torch::Tensor> leaves;
  for (torch::Tensor* tensor : at.all()) {
    if (!tensor->defined()) continue;
    *tensor = tensor->detach().clone().requires_grad_();
    leaves.push_back(*tensor);
  }
  return torch::autograd::grad(
      {loss_of(brain.integrate(plan, at.initial, at.weights, at.bias, at.current))}, leaves);
}

}  // namespace noesis::testing

#pragma once
/// Trajectories by a fixed-step method, and the gradient of any function of their samples by the
/// discrete adjoint of that same method: exact to rounding, whatever the step.
///
/// A step x' = x + h sum_r b_r k_r, k_r = f(X_r), X_r = x + h sum_{q<r} a_rq k_q is pulled back,
/// for r = s .. 1 and lambda' = dL/dx', by (Hager, Numer. Math. 87, 2000; the reverse mode of
/// Griewank & Walther, Evaluating Derivatives, 2008)
///
///   mu_r = h (b_r lambda' + sum_{q>r} a_qr nu_q),  nu_r = (df/dx (X_r))^T mu_r
///   lambda = lambda' + sum_r nu_r,  gradient += sum_r (df/dtheta (X_r))^T mu_r
///
/// States are kept every few steps and the stages between two of them computed again, so that
/// memory is that of the synapses and about the square root of the number of steps times the state.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agent/adjoint/adjoint_system.hpp"
#include "core/threads.hpp"

namespace noesis::adjoint {

/// How a trajectory is integrated and looked at.
struct Plan {
  std::string integrator = "rk4";  ///< euler, heun or rk4
  double dt_ms = 0.5;
  std::int64_t num_samples = 1;
  std::int64_t steps_per_sample = 1;
  std::int64_t checkpoint_steps = 0;  ///< between states that are kept; 0: least memory

  std::int64_t num_steps() const noexcept { return num_samples * steps_per_sample; }
};

/// What a trajectory depends on. Borrowed.
struct Inputs {
  std::int64_t num_envs = 1;
  std::span<const double> initial;  ///< (num_envs x num_components x num_neurons)
  std::span<const double> weights;  ///< (num_synapses), in the order of the connectome's table
  std::span<const double> bias;     ///< (num_neurons)
  /// Injected during each sample's interval (num_samples x num_envs x num_neurons); empty: none.
  std::span<const double> current;
};

/// Where gradients are added to, shaped as in Inputs; empty: not wanted.
struct Gradients {
  std::span<double> initial, weights, bias, current;
};

/// States every checkpoint_steps steps, from the first one on.
struct Checkpoints {
  std::int64_t interval = 1;  ///< [steps]
  std::vector<State<double>> states;

  std::int64_t num_values() const noexcept;
};

/// One plan on one brain. Const and without shared state: threads may use one side by side.
class Trajectory {
 public:
  /// @throws ConfigError for an integrator without fixed steps, a step that is not positive, or
  /// counts below 1. The arena is borrowed.
  Trajectory(std::shared_ptr<const Structure> structure, ModelSpec model, Plan plan,
             const ThreadArena& arena);

  const Plan& plan() const noexcept { return plan_; }
  const Structure& structure() const noexcept { return *structure_; }
  std::int64_t num_components() const noexcept { return num_components_; }
  std::int64_t num_neurons() const noexcept { return structure_->connectome->num_neurons(); }

  /// Writes the state at the end of each sample's interval, `samples` being (num_samples x num_envs
  /// x num_components x num_neurons). Values that are not finite go on as such.
  Checkpoints forward(const Inputs& inputs, std::span<double> samples) const;

  /// Adds dL/d(inputs) for `by_sample` = dL/d(samples), after forward() of the same inputs.
  void backward(const Inputs& inputs, const Checkpoints& checkpoints,
                std::span<const double> by_sample, const Gradients& gradients) const;

  /// Values that backward() holds at most beside checkpoints and arguments, for `num_envs`.
  std::int64_t working_values(std::int64_t num_envs) const;

 private:
  std::int64_t checkpoint_interval() const;

  std::shared_ptr<const Structure> structure_;
  ModelSpec model_;
  Plan plan_;
  const ThreadArena& arena_;
  std::int64_t num_components_;
  std::int64_t num_stages_;
};

}  // namespace noesis::adjoint

#pragma once
/// What an integrator or a Lyapunov estimator sees of a brain: an autonomous ODE. Inputs are
/// constant during a step, so time does not appear but for delayed inputs, which set_fraction()
/// places.

#include <cstdint>

#include "physics/state.hpp"

namespace noesis {

/// The largest scaled error of a step, and where it is.
struct WorstError {
  double norm = 0;          ///< infinite where a value is not finite
  std::int64_t neuron = 0;  ///< its id
  double value = 0;         ///< of its first state variable
  bool operator==(const WorstError&) const = default;
};

/// A batch of autonomous ODE systems x' = f(x). Not thread-safe (an implementation may keep scratch
/// memory); one instance per thread of control.
template <Real T>
class System {
 public:
  virtual ~System() = default;

  /// Shape of the states it takes.
  virtual BatchShape shape() const = 0;

  /// dxdt = f(x). Both have shape(). `dxdt` must not alias `x`.
  virtual void derivative(const State<T>& x, State<T>& dxdt) = 0;

  /// dxdt = f(x), and each neuron's own Jacobian df_c / dx_d at constant synaptic input:
  /// `jacobians` has num_components^2 components, component c * num_components + d. For
  /// rosenbrock_stepper.hpp.
  virtual void linearise(const State<T>& x, State<T>& dxdt, State<T>& jacobians);

  /// Where in the present step the next derivatives are taken, 0 to 1: a matter only of systems
  /// with inputs that are known ahead (conduction delays).
  virtual void set_fraction(double) {}

  /// Of an environment, whose worst error among this system's neurons is `own`, by their place
  /// here: the worst of the whole brain, where this is a part of one. By the maximum, so that no
  /// partition of a brain changes what its steps are.
  virtual WorstError worst_of_all(std::int64_t /*env*/, WorstError own) { return own; }

  /// dudt = J(x) u for each of the u.shape().num_envs tangent vectors in `u`, at the one base state
  /// `x`. Requires shape().num_envs == 1; `u` has the same components and neurons and any number of
  /// "environments", in tiles of width kTileWidth<T> (or 1 for a single vector).
  virtual void tangent(const State<T>& x, const State<T>& u, State<T>& dudt) = 0;
};

template <Real T>
void System<T>::linearise(const State<T>&, State<T>&, State<T>&) {
  ensure(false, "this system does not linearise its neurons");
}

}  // namespace noesis

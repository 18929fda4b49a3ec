#pragma once
/// What an integrator or a Lyapunov estimator sees of a brain: an autonomous ODE. Inputs are
/// constant during a step, so time does not appear.

#include "physics/state.hpp"

namespace noesis {

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

  /// dudt = J(x) u for each of the u.shape().num_envs tangent vectors in `u`, at the one base state
  /// `x`. Requires shape().num_envs == 1; `u` has the same components and neurons and any number of
  /// "environments", in tiles of width kTileWidth<T> (or 1 for a single vector).
  virtual void tangent(const State<T>& x, const State<T>& u, State<T>& dudt) = 0;
};

}  // namespace noesis

#pragma once
/// The flow of an autonomous system and of vectors in its tangent space, by the classical
/// fourth-order Runge-Kutta method with a fixed step.

#include <cstdint>

#include "physics/state.hpp"
#include "physics/system.hpp"

namespace noesis {

/// Carries one state, and with it any number of tangent vectors, through time. Borrows the system,
/// owns the state. Not thread-safe.
class TangentFlow {
 public:
  /// `x` is the state at time 0; `dt` > 0 in the system's unit of time.
  /// @throws ConfigError when dt is not positive and finite, or when the system or `x` is not a
  /// batch of one environment with tiles one wide.
  TangentFlow(System<double>& system, State<double> x, double dt);

  /// One step of x' = f(x). @throws RunError naming time and neuron when the state is not finite.
  void step();

  /// One step of x' = f(x), u' = J(x) u. State and tangents pass the same four stages, so that `u`
  /// is carried by the exact derivative of the numerical map x(t) -> x(t + dt), not by an
  /// approximation of it. `u` has tangent_shape(n) for some n. @throws RunError as step() does.
  void step(State<double>& u);

  /// Shape of a batch of `num_vectors` tangent vectors.
  BatchShape tangent_shape(std::int64_t num_vectors) const noexcept;

  const State<double>& x() const noexcept { return x_; }
  State<double>& x() noexcept { return x_; }
  /// Values in the state: components times neurons.
  std::int64_t dimension() const noexcept { return x_.size(); }
  double time() const noexcept { return static_cast<double>(num_steps_) * dt_; }

 private:
  /// What one integrated array needs beside its value.
  struct Stages {
    State<double> slope;  ///< derivative at the current stage
    State<double> point;  ///< argument of the current stage
    State<double> sum;    ///< k1 + 2 k2 + 2 k3 + k4
  };
  void advance(State<double>* u);
  void check_finite() const;

  System<double>& system_;
  State<double> x_;
  double dt_;
  std::int64_t num_steps_ = 0;
  Stages state_stages_;
  Stages tangent_stages_;
};

}  // namespace noesis

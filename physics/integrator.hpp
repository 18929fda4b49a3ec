#pragma once
/// Integrators by name. Fixed steps (euler, heun, rk4, ros2) advance all environments of a batch
/// together; dopri5 controls step size, error and acceptance of each environment on its own, so an
/// environment has the same bits alone and in a batch.
///
/// | name   | order | tableau                                                                |
/// |--------|-------|------------------------------------------------------------------------|
/// | euler  | 1     | explicit Euler                                                         |
/// | heun   | 2     | explicit trapezoid; with noise, stochastic Heun: the predictor has the |
/// |        |       | noise too (Gard, Introduction to SDEs, 1988, ch. 7)                    |
/// | rk4    | 4     | classical Runge-Kutta                                                  |
/// | ros2   | 2     | for stiff neurons: rosenbrock_stepper.hpp                              |
/// | dopri5 | 5(4)  | Dormand & Prince, J. Comput. Appl. Math. 6:19, 1980; dense output of   |
/// |        |       | Hairer, Norsett & Wanner, Solving ODEs I, II.6 (order 4)               |
///
/// With additive noise all fixed steps are of strong order 1: what they miss is the path of the
/// noise inside a step. Stochastic Heun misses less, two thirds of what the others do in a double
/// well of sigma 0.5 at steps of 1 / 32, and its drift is of second order.

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/threads.hpp"
#include "physics/system.hpp"

namespace noesis {

/// The `[integrator]` section of a configuration.
struct IntegratorSpec {
  std::string name = "rk4";
  double dt_ms = 0.5;
  double rtol = 1e-6;
  double atol = 1e-9;
  double min_dt_ms = 1e-9;
  std::int64_t max_steps = 100'000'000;

  bool adaptive() const { return name == "dopri5"; }

  template <class V>
  void visit(V& v) {
    v("name", name, "Integrator", one_of({"euler", "heun", "rk4", "ros2", "dopri5"}));
    v("dt_ms", dt_ms, "Step, or first step of dopri5 [ms]", greater_than(0));
    if (!adaptive()) return;  // the rest are dopri5's keys
    v("rtol", rtol, "Relative tolerance (dopri5)", at_least(0));
    v("atol", atol, "Absolute tolerance (dopri5)", greater_than(0));
    v("min_dt_ms", min_dt_ms, "Smallest step before the run is given up (dopri5) [ms]",
      greater_than(0));
    v("max_steps", max_steps, "Most steps a run may take (dopri5)", at_least(1));
  }
};

/// One step of a fixed-step method for the whole batch.
template <Real T>
class FixedStepper {
 public:
  virtual ~FixedStepper() = default;
  /// x(t) -> x(t + dt), in place. `noise` is the increment that the noise adds over the step, of
  /// the shape of x, or null.
  virtual void step(System<T>& system, State<T>& x, double dt, const State<T>* noise = nullptr) = 0;
};

/// `arena` must outlive the stepper. @throws ConfigError for a name that is not a fixed-step
/// method.
template <Real T>
std::unique_ptr<FixedStepper<T>> make_fixed_stepper(const std::string& name,
                                                    const ThreadArena& arena);

/// What an environment's adaptive integration did.
struct StepStatistics {
  std::int64_t accepted = 0;
  std::int64_t rejected = 0;
  double min_dt_ms = std::numeric_limits<double>::infinity();  ///< of accepted steps
  double max_dt_ms = 0;
};

/// All that a bit-exact continuation of an adaptive integration needs; the rest is recomputed by
/// one evaluation on restore.
template <Real T>
struct AdaptiveSnapshot {
  State<T> base;
  std::vector<double> time, step, next_step;
  std::vector<std::uint8_t> taken, clipped;
  std::vector<StepStatistics> statistics;
  double limit = 0;
};

/// What advances a batch by steps whose size each environment chooses for itself. Observation times
/// come from dense output and never change the steps; only `limit` does.
template <Real T>
class AdaptiveStepper {
 public:
  virtual ~AdaptiveStepper() = default;

  /// All environments at `x` and time t, next step `dt_ms` of the specification.
  virtual void start(const State<T>& x, double t_ms) = 0;

  /// Steps every environment until its last step covers `target`, without passing `limit` (a time
  /// at which inputs change; no step crosses it).
  /// @throws RunError naming environment, time, neuron and value when the step size underflows, the
  ///   state is not finite, or max_steps is spent.
  virtual void advance(System<T>& system, double target_ms, double limit_ms) = 0;

  /// State of all environments at time t, which must lie in each one's last step.
  virtual void interpolate(double t_ms, State<T>& x) const = 0;

  /// After advance(limit, limit): takes the state there as a new start (step sizes are kept), so
  /// that inputs may change; `x` receives it and may be edited before resume().
  virtual void stop(State<T>& x) = 0;
  virtual void resume(const State<T>& x) = 0;

  virtual StepStatistics statistics(std::int64_t env) const = 0;

  virtual AdaptiveSnapshot<T> snapshot() const = 0;
  /// Repeats the last step of each environment from the snapshot.
  virtual void restore(System<T>& system, const AdaptiveSnapshot<T>& snapshot) = 0;
};

template <Real T>
class DormandPrince;

/// Dormand-Prince 5(4) with the error control of Boost.Odeint's controlled_runge_kutta (maximum
/// norm of |error| / (atol + rtol (|x| + |dt x'|)), factor 0.9, growth at most 5, shrinkage at most
/// 1/5), decided for each environment by itself.
template <Real T>
class Dopri5 final : public AdaptiveStepper<T> {
 public:
  using Snapshot = AdaptiveSnapshot<T>;

  Dopri5(BatchShape shape, const IntegratorSpec& spec, const ThreadArena& arena);
  /// The same with arrays elsewhere (dormand_prince.hpp).
  Dopri5(BatchShape shape, const IntegratorSpec& spec, std::unique_ptr<DormandPrince<T>> arrays);
  ~Dopri5() override;

  void start(const State<T>& x, double t_ms) override;
  void advance(System<T>& system, double target_ms, double limit_ms) override;
  void interpolate(double t_ms, State<T>& x) const override;
  void stop(State<T>& x) override;
  void resume(const State<T>& x) override;
  StepStatistics statistics(std::int64_t env) const override;
  AdaptiveSnapshot<T> snapshot() const override;
  void restore(System<T>& system, const AdaptiveSnapshot<T>& snapshot) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace noesis

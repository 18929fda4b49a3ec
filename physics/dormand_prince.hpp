#pragma once
/// What Dormand-Prince does with arrays, for all environments of a batch at once, apart from the
/// control of the step (Dopri5 in integrator.hpp), which is a few numbers for each environment and
/// stays on the host. The arrays may be in the memory of a device.

#include <array>
#include <cstdint>
#include <span>

#include "physics/system.hpp"

namespace noesis {

/// Largest |error| / (atol + rtol (|x| + |h x'|)) of an environment, infinite where it or the state
/// is not finite, and the first neuron that has it.
struct StepError {
  double norm = 0;
  std::int64_t neuron = 0;
  double value = 0;  ///< of its first state variable; not a number where that was not looked up
};

/// A point of an environment's step of size `h` [ms]: base + h (weights of k1, k3, k4, k5, k6, k7),
/// or its end.
struct DensePoint {
  double h = 0;
  std::array<double, 6> weights{};
  bool is_end = false;
};

/// A step from `base` to `next` of each environment, with slopes k1 to k7 in it. Spans have an
/// element an environment. Not thread-safe.
template <Real T>
class DormandPrince {
 public:
  virtual ~DormandPrince() = default;

  virtual void set_base(const State<T>& x) = 0;
  virtual void fetch_base(State<T>& x) const = 0;
  virtual void fetch_next(State<T>& x) const = 0;
  /// k1 = f(base). `system` is f, unless the implementation has one of its own; so for take().
  virtual void find_slope(System<T>& system) = 0;
  /// base = next, k1 = k7, where `moves` is not 0.
  virtual void commit(std::span<const std::uint8_t> moves) = 0;
  /// Steps of sizes `h` [ms] from base.
  virtual void take(System<T>& system, std::span<const double> h) = 0;
  /// Of that step, where `skips` is 0.
  virtual void find_errors(std::span<const double> h, double atol, double rtol,
                           std::span<const std::uint8_t> skips, std::span<StepError> errors) = 0;
  virtual void interpolate(std::span<const DensePoint> points, State<T>& x) const = 0;
};

}  // namespace noesis

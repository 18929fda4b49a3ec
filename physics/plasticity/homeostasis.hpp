#pragma once
/// Homeostasis of rates, local to each neuron i: its bias and the strength of its inputs move until
/// its own average rate is its target.
///
///   filtered rate     rbar_i' = (r_i - rbar_i) / tau_r
///   intrinsic bias    b_i'    = eta (r* - rbar_i)             (added to the input of the neuron)
///   synaptic scaling  w_ij'   = beta w_ij (r* - rbar_i)
///
/// Scaling multiplies all inputs of a neuron by one factor, so that w_ij / w_ik stays as it is
/// (Turrigiano et al., Nature 391:892, 1998; van Rossum, Bi & Turrigiano, J Neurosci 20:8812,
/// 2000). Rates are constant during a step, and the three equations are solved exactly: two steps
/// are the same as one of their length.
///
/// | parameter | symbol | default | unit | range |
/// |---|---|---|---|---|
/// | target_rate  | r*    | 0.1   | rate           | >= 0 |
/// | rate_tau_ms     | tau_r | 10    | time           | > 0 |
/// | bias_speed   | eta   | 0.01  | 1 / time, a unit of bias per rate | >= 0, 0: no bias |
/// | max_bias     |       | 10    | input          | > 0 |
/// | scaling_speed| beta  | 0.001 | 1 / (rate time)| >= 0, 0: no scaling |
/// | max_weight   |       | 100   | weight         | > 0 |
///
/// Homeostasis that is not slower than its filter rings: eta r'(b) tau_r < 1 / 4 is safe.

#include <cstdint>
#include <span>
#include <vector>

#include "core/config.hpp"
#include "core/math.hpp"
#include "core/threads.hpp"
#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {

struct HomeostasisSpec {
  double target_rate = 0.1;
  double rate_tau_ms = 10;
  double bias_speed = 0.01;
  double max_bias = 10;
  double scaling_speed = 0.001;
  double max_weight = 100;

  template <class V>
  void visit(V& v) {
    v("target_rate", target_rate, "Rate that every neuron tends to", at_least(0));
    v("rate_tau_ms", rate_tau_ms, "Time constant of the rate's average [ms]", greater_than(0));
    v("bias_speed", bias_speed, "Speed of the bias [per ms and rate]; 0: no bias", at_least(0));
    v("max_bias", max_bias, "Most that a bias may be, either way", greater_than(0));
    v("scaling_speed", scaling_speed, "Speed of synaptic scaling [per ms and rate]; 0: none",
      at_least(0));
    v("max_weight", max_weight, "Weight that scaling does not grow past", greater_than(0));
  }
};

/// One step of homeostasis, of which the rates are constant in time.
struct HomeostasisStep {
  double dt = 0;    ///< its length
  double kept = 0;  ///< e^(-dt / tau_r)
  double lag = 0;   ///< integral of that over the step
  double target_rate = 0, bias_speed = 0, max_bias = 0, scaling_speed = 0, max_weight = 0;

  static HomeostasisStep of(const HomeostasisSpec& spec, double dt) {
    const double kept = math::exp(-dt / spec.rate_tau_ms);
    return {dt,
            kept,
            spec.rate_tau_ms * (1 - kept),
            spec.target_rate,
            spec.bias_speed,
            spec.max_bias,
            spec.scaling_speed,
            spec.max_weight};
  }
};

/// Log factors of scaling smaller than this wait: they would drown in the rounding of float.
inline constexpr double kLogFactorStep = 1e-3;

/// Takes in a rate that held for the step: rbar, the integral of r* - rbar, and the log of the
/// factor that scaling is to make of it.
NOESIS_HOST_DEVICE void observe_rate(const HomeostasisStep& step, double rate, double& filtered,
                                     double& shortfall, double& log_factor) {
  const double gap = filtered - rate;
  filtered = rate + gap * step.kept;
  shortfall = (step.target_rate - rate) * step.dt - gap * step.lag;
  log_factor += step.scaling_speed * shortfall;
}

/// The bias after a step of that shortfall.
NOESIS_HOST_DEVICE double adapted_bias(const HomeostasisStep& step, double bias, double shortfall) {
  const double moved = bias + step.bias_speed * shortfall;
  const double low = moved < -step.max_bias ? -step.max_bias : moved;
  return low > step.max_bias ? step.max_bias : low;
}

/// `factor`, or the nearest one that keeps a row within its bounds without turning it round: its
/// largest |weight| and its smallest above 0.
NOESIS_HOST_DEVICE double bounded_factor(double factor, float largest, float smallest,
                                         double max_weight) {
  constexpr double kSmallest = 0x1p-126;  // of normal floats
  if (largest == 0) return 1;
  const double most = max_weight / largest;
  const double least = kSmallest / smallest;
  const double up = most < factor ? most : factor;
  const double down = least > factor ? least : factor;
  return factor > 1 ? (up > 1 ? up : 1.0) : (down < 1 ? down : 1.0);
}

/// Scales the inputs of a neuron once the log of their factor is worth it; it is 0 then.
void scale_row(std::span<float> weights, double& log_factor, double max_weight);

/// The filtered rates of one brain. Not thread-safe; results do not depend on the arena.
class Homeostasis {
 public:
  /// All filtered rates start at the target, where nothing changes.
  /// @throws ConfigError naming a parameter out of range.
  Homeostasis(const HomeostasisSpec& spec, std::int64_t num_neurons);

  /// Makes room for neurons that were added; their filtered rates start at the target.
  void grow(std::int64_t num_neurons);

  /// Takes in rates that hold for a time dt. @throws InternalError when `rates` is not
  /// (num_neurons) or dt is not positive.
  template <Real T>
  void observe(std::span<const T> rates, double dt, const ThreadArena& arena);

  /// Moves biases (num_neurons) for the last step observed, within +-max_bias.
  template <Real T>
  void adapt_bias(std::span<T> bias, const ThreadArena& arena) const;

  /// Scales weights for the steps since the last scaling. A row is written once its factor differs
  /// from one by 1e-3, because smaller changes would drown in the rounding of float. Signs stay; a
  /// row's largest weight does not grow past max_weight, its smallest does not vanish.
  void scale(PlasticConnectome& connectome, const ThreadArena& arena);

  /// Everything it remembers, (num_neurons) each: for copies of it elsewhere.
  struct Memory {
    std::span<double> filtered, shortfall, log_factors;
  };
  Memory memory() noexcept { return {filtered_, shortfall_, log_factors_}; }

  std::span<const double> filtered_rates() const noexcept { return filtered_; }
  const HomeostasisSpec& spec() const noexcept { return spec_; }

  /// Everything it remembers, as v(name, value), for checkpoints.
  template <class Self, class V>
  static void visit_state(Self& self, V& v) {
    v("filtered_rates", self.filtered_);
    v("shortfall", self.shortfall_);
    v("log_factors", self.log_factors_);
  }

 private:
  HomeostasisSpec spec_;
  std::vector<double> filtered_;     // (num_neurons) rbar
  std::vector<double> shortfall_;    // (num_neurons) integral of r* - rbar over the last step
  std::vector<double> log_factors_;  // (num_neurons) of scaling that is not in the weights yet
};

}  // namespace noesis

#pragma once
/// Intrinsic plasticity: a neuron learns gain a and bias b of its response y = f(a x + b), so that
/// the distribution of y over its inputs x approaches a target of most entropy.
///
/// Logistic f, exponential target of mean mu (most entropy for a given mean on [0, inf)):
///   db = eta [1 - (2 + 1/mu) y + y^2 / mu]
/// (Triesch, ICANN 2005, LNCS 3696:65).
/// tanh f, Gaussian target of mean mu and deviation sigma:
///   db = -eta [-mu / sigma^2 + (y / sigma^2) (2 sigma^2 + 1 - y^2 + mu y)]
/// (Schrauwen et al., Neurocomputing 71:1159, 2008). In both, da = eta / a + x db.
///
/// | parameter | symbol | default | unit | range |
/// |---|---|---|---|---|
/// | target        |       | exponential | | |
/// | learning_rate | eta   | 5e-4 | 1 / sample | (0, 0.1] |
/// | mean          | mu    | 0.2  | rate | exponential (0, 1), gaussian (-1, 1) |
/// | deviation     | sigma | 0.2  | rate | (0, 1], gaussian only |
/// | max_gain      |       | 100  | 1 / input | >= 1; a >= 1 / max_gain, and |b| <= max_gain |

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/math.hpp"
#include "core/threads.hpp"
#include "physics/kernels/kernels.hpp"

namespace noesis {

struct IntrinsicPlasticitySpec {
  std::string target = "exponential";
  double learning_rate = 5e-4;
  double mean = 0.2;
  double deviation = 0.2;
  double max_gain = 100;

  bool is_gaussian() const noexcept { return target == "gaussian"; }

  template <class V>
  void visit(V& v) {
    v("target", target, "Distribution of the outputs: of logistic neurons, of tanh neurons",
      one_of({"exponential", "gaussian"}));
    v("learning_rate", learning_rate, "Share of a run of the rules", between(0, 0.1).without_low());
    v("mean", mean, "Mean of the outputs; exponential: above 0",
      between(is_gaussian() ? -1 : 0, 1).without_low().without_high());
    if (is_gaussian()) v("deviation", deviation, "Their deviation", between(0, 1).without_low());
    v("max_gain", max_gain, "Most that a gain or a bias may be", between(1, 1e6));
  }
};

/// What one sample does to a neuron.
struct IntrinsicStep {
  double learning_rate = 0, mean = 0, variance = 0, max_gain = 1;
  bool is_gaussian = false;

  static IntrinsicStep of(const IntrinsicPlasticitySpec& spec) {
    return {spec.learning_rate, spec.mean, spec.deviation * spec.deviation, spec.max_gain,
            spec.is_gaussian()};
  }
};

/// The change of the bias for one output, without its learning rate.
NOESIS_HOST_DEVICE double intrinsic_bias_change(const IntrinsicStep& step, double y) noexcept {
  const double mu = step.mean;
  if (!step.is_gaussian) return 1 - (2 + 1 / mu) * y + y * y / mu;
  return (mu - y * (2 * step.variance + 1 - y * y + mu * y)) / step.variance;
}

/// Moves gain and bias of a neuron that has put out y for the input x.
NOESIS_HOST_DEVICE void adapt_response(const IntrinsicStep& step, double x, double y, double& gain,
                                       double& bias) noexcept {
  const double bias_change = step.learning_rate * intrinsic_bias_change(step, y);
  const double gain_change = step.learning_rate / gain + x * bias_change;
  const auto within = [](double value, double low, double high) {
    const double raised = value < low ? low : value;
    return raised > high ? high : raised;
  };
  gain = within(gain + gain_change, 1 / step.max_gain, step.max_gain);
  bias = within(bias + bias_change, -step.max_gain, step.max_gain);
}

/// h = sum_k w_k y_source(k) of a row in double precision, in the order of all sums: synapse k goes
/// to lane k mod kSumLanes, lanes are added by halving.
template <Real T>
double summed_input(std::span<const std::int32_t> sources, std::span<const float> weights,
                    std::span<const T> outputs) noexcept {
  double lanes[kSumLanes] = {};
  for (std::size_t k = 0; k < sources.size(); ++k) {
    lanes[k % kSumLanes] += static_cast<double>(weights[k]) *
                            static_cast<double>(outputs[static_cast<std::size_t>(sources[k])]);
  }
  for (int half = kSumLanes / 2; half > 0; half /= 2) {
    for (int lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

/// Gains and biases of the neurons of one brain. Not thread-safe; results do not depend on the
/// arena.
class IntrinsicPlasticity {
 public:
  /// All gains start at 1, all biases at 0. @throws ConfigError naming a parameter out of range.
  IntrinsicPlasticity(const IntrinsicPlasticitySpec& spec, std::int64_t num_neurons);

  /// Makes room for neurons that were added.
  void grow(std::int64_t num_neurons);

  /// outputs = f(a inputs + b), both (num_neurons).
  template <Real T>
  void respond(std::span<const T> inputs, std::span<T> outputs, const ThreadArena& arena) const;

  /// Moves gains and biases for one sample of inputs and the outputs that respond() gave for it.
  template <Real T>
  void adapt(std::span<const T> inputs, std::span<const T> outputs, const ThreadArena& arena);

  /// Everything it remembers, (num_neurons) each: for copies of it elsewhere.
  struct Memory {
    std::span<double> gains, biases;
  };
  Memory memory() noexcept { return {gains_, biases_}; }

  /// Everything it remembers, as v(name, value), for checkpoints.
  template <class Self, class V>
  static void visit_state(Self& self, V& v) {
    v("gains", self.gains_);
    v("biases", self.biases_);
  }

  std::span<const double> gains() const noexcept { return gains_; }
  std::span<const double> biases() const noexcept { return biases_; }

 private:
  IntrinsicPlasticitySpec spec_;
  std::vector<double> gains_;   // (num_neurons) a
  std::vector<double> biases_;  // (num_neurons) b
};

}  // namespace noesis

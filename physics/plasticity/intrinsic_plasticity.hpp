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
    v("learning_rate", learning_rate, "Share of a run of the rules, at most 0.1", greater_than(0));
    v("mean", mean, "Mean of the outputs; exponential: above 0");
    if (is_gaussian()) v("deviation", deviation, "Their deviation, at most 1", greater_than(0));
    v("max_gain", max_gain, "Most that a gain or a bias may be", at_least(1));
  }
};

/// The change of the bias for one output, without its learning rate.
inline double intrinsic_bias_change(const IntrinsicPlasticitySpec& spec, double y) noexcept {
  const double mu = spec.mean;
  if (!spec.is_gaussian()) return 1 - (2 + 1 / mu) * y + y * y / mu;
  const double variance = spec.deviation * spec.deviation;
  return (mu - y * (2 * variance + 1 - y * y + mu * y)) / variance;
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

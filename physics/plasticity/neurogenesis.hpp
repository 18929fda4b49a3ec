#pragma once
/// Error-driven neurogenesis: neurons are born where the ones that are there do not do, never by
/// the clock. The prediction error e is averaged by a leaky integrator,
///   ebar' = (e - ebar) / tau_e,
/// and when ebar has been above a threshold for a persistence time, a batch of neurons is born with
/// random inputs and outputs. After a birth nothing counts for a refractory time, so that the new
/// neurons can learn first.
///
/// | parameter | symbol | default | unit | range |
/// |---|---|---|---|---|
/// | error_tau_ms           | tau_e | 10   | time   | > 0 |
/// | threshold           |       | 0.1  | error  | > 0 |
/// | persistence         |       | 50   | time   | >= 0 |
/// | refractory          |       | 200  | time   | >= 0 |
/// | neurons_per_batch   |       | 1    | neurons | >= 1 |
/// | max_neurons         |       | 1000 | living neurons | >= 1, no birth above |
/// | num_inputs, num_outputs | k | 10   | synapses of a new neuron | >= 1, or all that live |
/// | mean_weight         |       | 0.1  | |weight|, uniform from 0 to twice that | > 0 |
/// | excitatory_fraction |       | 1    | of neurons | 0 to 1 |

#include <cstdint>
#include <limits>
#include <vector>

#include "core/config.hpp"
#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {

struct NeurogenesisSpec {
  double error_tau_ms = 10;
  double threshold = 0.1;
  double persistence_ms = 50;
  double refractory_ms = 200;
  std::int64_t neurons_per_batch = 1;
  std::int64_t max_neurons = 1000;
  std::int64_t num_inputs = 10;
  std::int64_t num_outputs = 10;
  double mean_weight = 0.1;
  double excitatory_fraction = 1;

  template <class V>
  void visit(V& v) {
    v("error_tau_ms", error_tau_ms, "Time constant of the error's average [ms]", greater_than(0));
    v("threshold", threshold, "Average error above which neurons are born", greater_than(0));
    v("persistence_ms", persistence_ms, "Time above it before a birth [ms]", at_least(0));
    v("refractory_ms", refractory_ms, "Time after a birth in which nothing counts [ms]",
      at_least(0));
    v("neurons_per_batch", neurons_per_batch, "Neurons born at a time", at_least(1));
    v("max_neurons", max_neurons, "Living neurons above which none is born", at_least(1));
    v("num_inputs", num_inputs, "Inputs of a new neuron", at_least(1));
    v("num_outputs", num_outputs, "Outputs of a new neuron", at_least(1));
    v("mean_weight", mean_weight, "Mean |weight| of its synapses", between(0, 1e6).without_low());
    v("excitatory_fraction", excitatory_fraction, "Part of new neurons that excite", between(0, 1));
  }
};

/// Neurons with ids first_id .. first_id + count - 1.
struct Born {
  std::int64_t first_id = 0;
  std::int64_t count = 0;
  std::vector<Synapse> synapses = {};  ///< that they have, as they were drawn
};

/// Not thread-safe.
class Neurogenesis {
 public:
  /// @throws ConfigError naming a parameter out of range.
  Neurogenesis(const NeurogenesisSpec& spec, std::uint64_t seed);

  /// Takes in an error that holds for a time dt; neurons are born when it is time, as many as
  /// max_neurons alive and `max_ids` ids, those of the dead included, allow. @throws RunError when
  /// the error is not finite or negative, ConfigError when dt is not positive or when neurons do
  /// not fit the memory.
  Born advance(double error, double dt, PlasticConnectome& connectome,
               std::int64_t max_ids = std::numeric_limits<std::int32_t>::max());

  /// Whether advance() of that error and time would let neurons be born.
  bool would_bear(double error, double dt, const PlasticConnectome& connectome,
                  std::int64_t max_ids) const;

  /// Lets `count` neurons be born now, beside any rule. Their partners are distinct neurons that
  /// lived before, each equally likely; a synapse has the sign of its source, drawn where that is
  /// unknown. What a neuron gets follows from the seed, its id and who lives.
  Born spawn(std::int64_t count, PlasticConnectome& connectome) const;

  double mean_error() const noexcept { return mean_error_; }

  /// Everything it remembers, as v(name, value), for checkpoints.
  template <class Self, class V>
  static void visit_state(Self& self, V& v) {
    v("mean_error", self.mean_error_);
    v("time_above", self.time_above_);
    v("refractory_left", self.refractory_left_);
  }

 private:
  NeurogenesisSpec spec_;
  std::uint64_t seed_;
  double mean_error_ = 0;
  double time_above_ = 0;
  double refractory_left_ = 0;
};

}  // namespace noesis

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
/// | error_tau           | tau_e | 10   | time   | > 0 |
/// | threshold           |       | 0.1  | error  | > 0 |
/// | persistence         |       | 50   | time   | >= 0 |
/// | refractory          |       | 200  | time   | >= 0 |
/// | neurons_per_batch   |       | 1    | neurons | >= 1 |
/// | max_neurons         |       | 1000 | living neurons | >= 1, no birth above |
/// | num_inputs, num_outputs | k | 10   | synapses of a new neuron | >= 1, or all that live |
/// | mean_weight         |       | 0.1  | |weight|, uniform from 0 to twice that | > 0 |
/// | excitatory_fraction |       | 1    | of neurons | 0 to 1 |

#include <cstdint>

#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {

struct NeurogenesisSpec {
  double error_tau = 10;
  double threshold = 0.1;
  double persistence = 50;
  double refractory = 200;
  std::int64_t neurons_per_batch = 1;
  std::int64_t max_neurons = 1000;
  std::int64_t num_inputs = 10;
  std::int64_t num_outputs = 10;
  double mean_weight = 0.1;
  double excitatory_fraction = 1;
};

/// Neurons with ids first_id .. first_id + count - 1.
struct Born {
  std::int64_t first_id = 0;
  std::int64_t count = 0;
};

/// Not thread-safe.
class Neurogenesis {
 public:
  /// @throws ConfigError naming a parameter out of range.
  Neurogenesis(const NeurogenesisSpec& spec, std::uint64_t seed);

  /// Takes in an error that holds for a time dt; neurons are born when it is time, as many as
  /// max_neurons allows. @throws RunError when the error is not finite or negative, ConfigError
  /// when dt is not positive or when neurons do not fit the memory.
  Born advance(double error, double dt, PlasticConnectome& connectome);

  /// Lets `count` neurons be born now, beside any rule. Their partners are distinct neurons that
  /// lived before, each equally likely; a synapse has the sign of its source, drawn where that is
  /// unknown. What a neuron gets follows from the seed, its id and who lives.
  Born spawn(std::int64_t count, PlasticConnectome& connectome) const;

  double mean_error() const noexcept { return mean_error_; }

 private:
  NeurogenesisSpec spec_;
  std::uint64_t seed_;
  double mean_error_ = 0;
  double time_above_ = 0;
  double refractory_left_ = 0;
};

}  // namespace noesis

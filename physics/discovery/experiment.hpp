#pragma once
/// Experiments on a brain: what is observed within a budget of samples, under a policy of
/// interventions.
///
/// | policy      | what is done                                                              |
/// |-------------|---------------------------------------------------------------------------|
/// | passive     | nothing                                                                   |
/// | random      | pulses, one site at a time, sites drawn at random                         |
/// | round_robin | pulses, sites in turn                                                     |
/// | active      | pulses, each on the site whose outgoing weights are least certain         |
/// | twin        | at each moment the brain is forked: once with a pulse, once without       |
///
/// The active choice: the input of neuron i is linear in the rates of all, x = (E_1 .. E_N, 1), so
/// that after samples x_1 .. x_t the weights out of j have the posterior variance M_jj, M = (R +
/// sum x x^T)^-1, in every row alike. A pulse that moves E_j by d gains about log(1 + d^2 M_jj) / 2
/// a row: the argmax of M_jj is the greedy D-optimal site (Chaloner & Verdinelli, Statist. Sci. 10,
/// 1995). It needs no estimate of the weights and no equation.
///
/// A twin shares the noise of its brain: only a simulator can do that. Its pulse lasts one sample.

#include <cstdint>
#include <string>
#include <vector>

#include "physics/discovery/dense_matrix.hpp"
#include "physics/subject.hpp"

namespace noesis {

/// Samples: what was seen before and after an interval, under constant inputs during it.
struct Dataset {
  DenseMatrix e, e_after;  ///< (num_samples x num_neurons)
  DenseMatrix i, i_after;  ///< the same, or 0 x 0 where I is not observed
  DenseMatrix inputs;      ///< (num_samples x num_neurons), in the unit of the drive
  /// (num_samples) the sample at whose end this one begins, or -1. Always an earlier one.
  std::vector<std::int64_t> previous;
  /// (num_samples) the unpulsed sample that begins in the same state, or -1. Always an earlier one.
  std::vector<std::int64_t> twin;
  /// (num_samples) the pulsed neuron, or -1.
  std::vector<std::int64_t> site;
  std::int64_t interventions = 0;  ///< pulses begun

  std::int64_t num_samples() const noexcept { return e.rows; }
  std::int64_t num_neurons() const noexcept { return e.cols; }
  bool observes_i() const noexcept { return i.rows > 0; }
};

struct ExperimentSpec {
  std::string policy = "active";
  std::int64_t budget = 600;  ///< samples
  double amplitude = 3;       ///< of a pulse, in the unit of the drive
  std::int64_t pulse_samples = 5;
  std::int64_t rest_samples = 5;  ///< after a pulse
  double noise = 0;               ///< sigma of the brain's own noise
  double observation_noise = 0;   ///< standard deviation on every observed value
  bool observe_i = true;
  std::uint64_t seed = 0;  ///< start, targets and noise
};

std::vector<std::string> policy_names();

/// The samples of a Wilson-Cowan brain after its transient. Deterministic, in the calling thread.
/// Twins are pairs of samples: an odd budget leaves one sample unused.
/// @throws ConfigError for an unknown policy, values out of range, samples that do not fit into
///   memory or another model; RunError when the brain's state is not finite any more.
Dataset gather(const Subject& subject, const ExperimentSpec& spec);

}  // namespace noesis

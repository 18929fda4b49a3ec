#pragma once
/// Hebb's rule and its relatives on the synapses that are there:
///   dw_ij = eta m_i x_j - lambda w_ij
/// x_j is the output of the source. The postsynaptic factor m_i says which rule it is:
///
/// | m_i                    | rule                                                                |
/// |------------------------|---------------------------------------------------------------------|
/// | the neuron's output    | Hebb (The Organization of Behavior, 1949): without decay unbounded  |
/// | what it should put out | hetero-associative Hebb, the neuron being forced                    |
/// | target minus input     | delta rule (Widrow & Hoff, IRE WESCON, 1960)                        |
/// | phi'(h_i) (B e)_i      | random feedback of an error e, local and online (Murray, eLife      |
/// |                        | 8:e43299, 2019), with the present output for the filtered one       |
///
/// All but the first are teaching, which comes from outside (Simulation::set_teaching). It is local
/// to the row and needs no memory of its own.
///
/// | parameter     | symbol | default | unit                | range                          |
/// |---------------|--------|---------|---------------------|--------------------------------|
/// | learning_rate | eta    | 1e-3    | weight/(m x sample) | > 0                            |
/// | decay         | lambda | 0       | 1/sample            | [0, 1); below 6e-8 it drowns in|
/// |               |        |         |                     | float                          |

#include <cstdint>
#include <span>

#include "core/config.hpp"
#include "core/math.hpp"
#include "core/threads.hpp"
#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {

/// The `[plasticity.hebbian]` section.
struct HebbianSpec {
  double learning_rate = 1e-3;
  double decay = 0;

  template <class V>
  void visit(V& v) {
    v("learning_rate", learning_rate, "Change of a weight by a sample of products of one",
      greater_than(0));
    v("decay", decay, "Part of a weight that a sample takes away", between(0, 1).without_high());
  }
};

/// @throws ConfigError naming a parameter out of range.
void check_hebbian(const HebbianSpec& spec);

/// One weight after one sample x of its source: `step` is eta m, `kept` 1 - lambda.
template <Real T>
NOESIS_HOST_DEVICE T hebbian_step(T weight, T x, T step, T kept) noexcept {
  return kept * weight + step * x;
}

/// The rule on all rows for one sample: `x` and `m` (num_neurons) are outputs and postsynaptic
/// factors. The same bits for any arena. @throws ConfigError naming a parameter out of range,
/// InternalError for spans of other lengths.
template <Real T>
void hebbian(PlasticConnectome& connectome, std::span<const T> x, std::span<const T> m,
             const HebbianSpec& spec, const ThreadArena& arena);

}  // namespace noesis

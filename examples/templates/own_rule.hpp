#pragma once
/// A template of a rule of plasticity: the strengths of a neuron's inputs add up to a set sum
/// (synaptic normalisation: von der Malsburg, Kybernetik 14:85, 1973). Copy it to
/// physics/plasticity/, rename it, and follow docs/guides/add-a-plasticity-rule.md.
///
///   w_ij += rate (sum / s_i - 1) w_ij,   s_i = sum_j |w_ij|
///
/// | parameter | unit | range |
/// |---|---|---|
/// | sum  | weight | > 0 |
/// | rate | 1 / application | (0, 1] |

#include <cmath>

#include "core/config.hpp"
#include "core/error.hpp"
#include "core/threads.hpp"
#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {

struct NormalisationSpec {
  double sum = 1;
  double rate = 0.1;

  template <class V>
  void visit(V& v) {
    v("sum", sum, "Summed strength of a neuron's inputs", greater_than(0));
    v("rate", rate, "Part of the way in one application", between(0, 1).without_low());
  }
};

/// One application to all rows. A row without weight stays as it is. Each row has one owner and is
/// summed in its order, so that the bits do not depend on the arena. @throws ConfigError naming a
/// parameter out of range.
inline void normalise_inputs(PlasticConnectome& connectome, const NormalisationSpec& spec,
                             const ThreadArena& arena) {
  require(spec.sum > 0 && std::isfinite(spec.sum), "normalisation parameter out of range", "sum",
          spec.sum, "> 0");
  require(spec.rate > 0 && spec.rate <= 1, "normalisation parameter out of range", "rate",
          spec.rate, "above 0, at most 1");
  constexpr std::int64_t kRowGrain = 64;
  arena.parallel_for(connectome.num_neurons(), kRowGrain,
                     [&](std::int64_t first, std::int64_t last) {
                       for (std::int64_t row = first; row < last; ++row) {
                         const std::span<float> weights = connectome.row_weights(row);
                         double sum = 0;
                         for (const float weight : weights) sum += std::abs(double{weight});
                         if (sum == 0) continue;
                         const double factor = 1 + spec.rate * (spec.sum / sum - 1);
                         for (float& weight : weights)
                           weight = static_cast<float>(factor * double{weight});
                       }
                     });
}

}  // namespace noesis

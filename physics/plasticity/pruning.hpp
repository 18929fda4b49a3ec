#pragma once
/// Structural pruning: weak synapses go, and with them the neurons that they leave without inputs
/// or without outputs.
///
/// | parameter | symbol | unit | range |
/// |---|---|---|---|
/// | threshold | theta | weight | >= 0; synapses of |w| < theta go |

#include "core/config.hpp"
#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {

/// The `[plasticity.pruning]` section.
struct PruningSpec {
  double threshold = 0.001;
  double interval_ms = 1000;

  template <class V>
  void visit(V& v) {
    v("threshold", threshold, "Synapses of a smaller |weight| go", at_least(0));
    v("interval_ms", interval_ms, "Time between prunings [ms]", greater_than(0));
  }
};

/// @returns what went (see PlasticConnectome::prune). @throws ConfigError for a threshold that is
/// negative or not finite.
Pruned prune_weak(PlasticConnectome& connectome, double threshold, const ThreadArena& arena);

}  // namespace noesis

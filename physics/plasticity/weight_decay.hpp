#pragma once
/// Weight decay: w *= exp(-dt / tau), exact for any dt. The strongest inputs of each neuron may be
/// spared, as in sleep, when most synapses shrink but the largest fifth do not (de Vivo et al.,
/// Science 355:507, 2017).
///
/// | parameter | symbol | default | unit | range |
/// |---|---|---|---|---|
/// | tau             | tau | 1e4 | time | > 0; dt / tau at least 1e-5, smaller steps drown in float
/// | | spared_fraction |     | 0   | of the inputs of each neuron, rounded down | [0, 1) |

#include "core/config.hpp"
#include "core/threads.hpp"
#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {

struct WeightDecaySpec {
  double tau_ms = 1e4;
  double spared_fraction = 0;
  double interval_ms = 100;

  template <class V>
  void visit(V& v) {
    v("tau_ms", tau_ms, "Time constant of the weights [ms]", greater_than(0));
    v("spared_fraction", spared_fraction, "Strongest inputs of each neuron that are spared",
      between(0, 1).without_high());
    v("interval_ms", interval_ms, "Time between decays, at least 1e-5 tau_ms [ms]",
      greater_than(0));
    v.require(interval_ms >= 1e-5 * tau_ms, "interval_ms", interval_ms, "at least 1e-5 tau_ms");
  }
};

/// What a weight that is not spared is multiplied by in a time dt. @throws ConfigError naming a
/// parameter out of range.
double decay_factor(const WeightDecaySpec& spec, double dt);

/// Decays all weights for a time dt. Inputs as strong as the weakest spared one are spared too, so
/// that no order decides. The same bits for any arena.
/// @throws ConfigError naming a parameter out of range.
void decay_weights(PlasticConnectome& connectome, const WeightDecaySpec& spec, double dt,
                   const ThreadArena& arena);

}  // namespace noesis

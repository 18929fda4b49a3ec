#pragma once
/// Weight decay: w *= exp(-dt / tau), exact for any dt. The strongest inputs of each neuron may be
/// spared, as in sleep, when most synapses shrink but the largest fifth do not (de Vivo et al.,
/// Science 355:507, 2017).
///
/// | parameter | symbol | default | unit | range |
/// |---|---|---|---|---|
/// | tau             | tau | 1e4 | time | > 0; dt / tau at least 1e-5, smaller steps drown in float
/// | | spared_fraction |     | 0   | of the inputs of each neuron, rounded down | [0, 1) |

#include "core/threads.hpp"
#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {

struct WeightDecaySpec {
  double tau = 1e4;
  double spared_fraction = 0;
};

/// Decays all weights for a time dt. Inputs as strong as the weakest spared one are spared too, so
/// that no order decides. The same bits for any arena.
/// @throws ConfigError naming a parameter out of range.
void decay_weights(PlasticConnectome& connectome, const WeightDecaySpec& spec, double dt,
                   const ThreadArena& arena);

}  // namespace noesis

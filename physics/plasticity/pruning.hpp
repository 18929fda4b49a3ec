#pragma once
/// Structural pruning: weak synapses go, and with them the neurons that they leave without inputs
/// or without outputs.
///
/// | parameter | symbol | unit | range |
/// |---|---|---|---|
/// | threshold | theta | weight | >= 0; synapses of |w| < theta go |

#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {

/// @returns what went (see PlasticConnectome::prune). @throws ConfigError for a threshold that is
/// negative or not finite.
Pruned prune_weak(PlasticConnectome& connectome, double threshold);

}  // namespace noesis

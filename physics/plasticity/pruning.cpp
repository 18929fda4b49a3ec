#include "physics/plasticity/pruning.hpp"

#include <cmath>

#include "core/error.hpp"

namespace noesis {

Pruned prune_weak(PlasticConnectome& connectome, double threshold, const ThreadArena& arena) {
  require(threshold >= 0 && std::isfinite(threshold), "pruning threshold out of range", "threshold",
          threshold, ">= 0");
  return connectome.prune_below(threshold, arena);
}

}  // namespace noesis

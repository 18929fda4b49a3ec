#include "core/rng.hpp"

#include "core/wide.hpp"

namespace noesis {

NOESIS_WIDE RandomPair normal_pair(std::uint64_t seed, Stream stream, std::uint64_t step,
                                   std::uint32_t id, std::uint32_t slot) {
  return normal_pair_of(uniform_pair(seed, stream, step, id, slot));
}

}  // namespace noesis

#pragma once
/// Degree-preserving randomisation, the null model of a wiring (Maslov and Sneppen, Science 296,
/// 2002).

#include <cstdint>

#include "physics/connectome.hpp"

namespace noesis {

/// A connectome with the same neurons, in-degrees, out-degrees, gap degrees and number of autapses,
/// and otherwise random wiring. Pairs of edges a -> b, c -> d become c -> b, a -> d, unless that
/// makes an autapse or a double edge; `attempts_per_edge` such pairs are tried for each edge (ten
/// mix well). Each weight stays with its target, so that every row keeps its multiset of weights;
/// the weight of a gap junction stays with one of its ends. Autapses are left as they are. A pure
/// function of its arguments. @throws ConfigError when `attempts_per_edge` is below 1.
Connectome rewire(const Connectome& connectome, std::uint64_t seed,
                  std::int64_t attempts_per_edge = 10);

}  // namespace noesis

#pragma once
/// What the generators and the growth of brains share. Private to physics/.

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <unordered_set>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis::generating {

constexpr std::int64_t kMaxNeurons = std::numeric_limits<std::int32_t>::max();

/// @throws ConfigError about a parameter that is out of range.
void require(bool valid, const std::string& key, const std::string& got,
             const std::string& allowed);
void require_size(std::int64_t num_neurons, std::int64_t least, const std::string& key);
void require_gain(double gain, const std::string& key);
/// Asks for the memory of the edges while they are made, and of the tables that they become.
void require_synapse_memory(std::int64_t num_neurons, double expected, const std::string& where);

/// A standard normal that belongs to one pair of neurons.
double pair_normal(std::uint64_t seed, std::int64_t source, std::int64_t target);

/// The random numbers of one row.
RandomSequence row_sequence(std::uint64_t seed, std::int64_t row);

/// Emits ids, each with probability p, of [first, last) without `skipped`, by geometric gaps:
/// O(links).
template <class Emit>
void sample_links(RandomSequence& random, std::int64_t first, std::int64_t last,
                  std::int64_t skipped, double p, const Emit& emit) {
  if (p <= 0) return;
  // log(1 - p) by its series where 1 - p has lost the digits of p.
  const double log_miss = p < 1e-8 ? -p : math::log(1 - p);
  for (std::int64_t id = first; id < last; ++id) {
    if (p < 1) {
      const double gap = std::floor(math::log(random.uniform()) / log_miss);
      if (gap >= static_cast<double>(last - id)) return;
      id += static_cast<std::int64_t>(gap);
    }
    if (id != skipped) emit(static_cast<std::int32_t>(id));
  }
}

/// Emits `count` different ids of [0, size) without `skipped` (-1: none), in no order: Floyd's
/// algorithm (Bentley and Floyd, CACM 30, 1987), O(count).
template <class Emit>
void sample_without_replacement(RandomSequence& random, std::int64_t size, std::int64_t skipped,
                                std::int64_t count, const Emit& emit) {
  const std::int64_t choices = size - (skipped >= 0 ? 1 : 0);
  std::unordered_set<std::int64_t> chosen;
  for (std::int64_t top = choices - count; top < choices; ++top) {
    std::int64_t id = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(top + 1)));
    if (!chosen.insert(id).second) chosen.insert(id = top);
    emit(static_cast<std::int32_t>(skipped >= 0 && id >= skipped ? id + 1 : id));
  }
}

}  // namespace noesis::generating

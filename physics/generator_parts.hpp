#pragma once
/// What the generators and the growth of brains share. Private to physics/.

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "physics/connectome.hpp"

namespace noesis::generating {

constexpr std::int64_t kMaxNeurons = std::numeric_limits<std::int32_t>::max();

/// @throws ConfigError about a parameter that is out of range.
void require(bool valid, const std::string& key, const std::string& got,
             const std::string& allowed);
void require_size(std::int64_t num_neurons, std::int64_t least, const std::string& key);
void require_gain(double gain, const std::string& key);
/// Asks for the memory of as many synapses as are expected, and some more.
void require_synapse_memory(std::int64_t num_neurons, double expected, double bytes_per_synapse,
                            const std::string& where);

/// The inputs of one neuron, in any order.
using Row = std::vector<std::pair<std::int32_t, float>>;

/// The connectome whose row i is what `fill(i, row)` adds to an empty row. Rows are filled by all
/// threads, a block at a time, into the table itself, so that no list of edges is held beside it.
/// @throws ConfigError when the synapses that are expected do not fit the memory.
Connectome connectome_of_rows(std::int64_t num_neurons, double expected, const std::string& where,
                              const std::function<void(std::int64_t, Row&)>& fill,
                              NeuronTable neurons = {});

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

/// A set of at most `capacity` ids, by open addressing.
class IdSet {
 public:
  explicit IdSet(std::int64_t capacity)
      : slots_(std::bit_ceil(static_cast<std::size_t>(2 * capacity + 1)), -1) {}

  /// False where it was there.
  bool insert(std::int64_t id) {
    const std::size_t mask = slots_.size() - 1;
    auto slot =
        static_cast<std::size_t>(static_cast<std::uint64_t>(id) * 0x9E3779B97F4A7C15u >> 32);
    while (slots_[slot & mask] >= 0) {
      if (slots_[slot++ & mask] == id) return false;
    }
    slots_[slot & mask] = id;
    return true;
  }

 private:
  std::vector<std::int64_t> slots_;
};

/// Emits `count` different ids of [0, size) without `skipped` (-1: none), in no order: Floyd's
/// algorithm (Bentley and Floyd, CACM 30, 1987), O(count).
template <class Emit>
void sample_without_replacement(RandomSequence& random, std::int64_t size, std::int64_t skipped,
                                std::int64_t count, const Emit& emit) {
  const std::int64_t choices = size - (skipped >= 0 ? 1 : 0);
  IdSet chosen(count);
  for (std::int64_t top = choices - count; top < choices; ++top) {
    std::int64_t id = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(top + 1)));
    if (!chosen.insert(id)) chosen.insert(id = top);
    emit(static_cast<std::int32_t>(skipped >= 0 && id >= skipped ? id + 1 : id));
  }
}

}  // namespace noesis::generating

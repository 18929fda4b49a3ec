#pragma once
/// An order of the neurons in memory other than that of their ids, so that a row's sources lie
/// close together and a product reads them from a cache.
///
/// Ids stay what users see. A row keeps its synapses in the order of their sources' ids, which is
/// the order of summation, so a product has the same bits in any order of the neurons.

#include <cstdint>
#include <vector>

#include "core/math.hpp"
#include "physics/connectome.hpp"

namespace noesis {

/// A permutation of the neurons, both ways.
struct NeuronOrder {
  std::vector<std::int32_t> id_at;     ///< (num_neurons) the neuron at each place
  std::vector<std::int32_t> place_of;  ///< (num_neurons) the place of each neuron

  /// @throws InternalError unless every id from 0 to size - 1 stands once in `id_at`.
  static NeuronOrder of(std::vector<std::int32_t> id_at);

  std::int64_t num_neurons() const noexcept { return static_cast<std::int64_t>(id_at.size()); }
  /// Whether nothing moves.
  bool is_identity() const noexcept;
};

/// Neurons by community, found by label propagation (Raghavan, Albert & Kumara, Phys. Rev. E
/// 76:036106, 2007) from the inputs alone: a neuron takes the label that most of its sources have.
/// Twice: without a limit, then inside what that found with at most 4,096 neurons a label, whose
/// tiles fit a core's caches. A pure function of the table. O(synapses) time, with at most 12
/// sweeps over them, and 24 bytes a neuron of memory beside the result.
///
/// It can only gain where sources are shared: a uniformly random brain has no such order.
NeuronOrder locality_order(const SynapseTable& table);

/// The table with rows in that order and sources by their places. @throws InternalError for another
/// number of neurons.
SynapseTable reordered(const SynapseTable& table, const NeuronOrder& order);

/// values (num_neurons x width) by id into places, for places [first, last); for a backend that
/// keeps its arrays in this order behind an interface in ids.
template <Real T>
void to_places(const NeuronOrder& order, int width, const T* by_id, T* by_place, std::int64_t first,
               std::int64_t last) {
  for (std::int64_t place = first; place < last; ++place) {
    const T* from = by_id + static_cast<std::int64_t>(order.id_at[place]) * width;
    for (int e = 0; e < width; ++e) by_place[place * width + e] = from[e];
  }
}

/// The way back, for places [first, last).
template <Real T>
void to_ids(const NeuronOrder& order, int width, const T* by_place, T* by_id, std::int64_t first,
            std::int64_t last) {
  for (std::int64_t place = first; place < last; ++place) {
    T* to = by_id + static_cast<std::int64_t>(order.id_at[place]) * width;
    for (int e = 0; e < width; ++e) to[e] = by_place[place * width + e];
  }
}

}  // namespace noesis

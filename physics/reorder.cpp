#include "physics/reorder.hpp"

#include <algorithm>
#include <numeric>

#include "core/error.hpp"
#include "core/huge_pages.hpp"

namespace noesis {
namespace {

constexpr std::int32_t kMostInLabel = 4096;  // neurons; 256 KiB of tiles
constexpr int kMostSweeps = 6;
constexpr std::int64_t kSettled = 100;  // a sweep that moves less than one neuron in so many

/// One label a neuron, each at first its own.
class Labels {
 public:
  explicit Labels(std::int64_t num_neurons)
      : label_(static_cast<std::size_t>(num_neurons)),
        size_(label_.size(), 1),
        votes_(label_.size(), 0) {
    std::iota(label_.begin(), label_.end(), 0);
  }

  std::int32_t operator[](std::int32_t neuron) const { return label_[neuron]; }

  /// Every neuron in turn joins the label of most of its sources that has room and, where `within`
  /// is given, the same label there. @returns how many moved.
  std::int64_t sweep(const SynapseTable& table, std::int32_t most, const Labels* within) {
    std::int64_t moved = 0;
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(label_.size()); ++i) {
      for (const std::int32_t source : table.row_sources(i)) {
        if (within != nullptr && (*within)[source] != (*within)[i]) continue;
        const std::int32_t label = label_[source];
        if (votes_[label]++ == 0) seen_.push_back(label);
      }
      const std::int32_t old = label_[i];
      std::int32_t best = old;
      for (const std::int32_t label : seen_) {
        if (label != old && size_[label] >= most) continue;
        // Ties: whoever stays is settled, else the lower label.
        const bool more = votes_[label] > votes_[best];
        const bool lower = votes_[label] == votes_[best] && best != old && label < best;
        if (more || lower) best = label;
      }
      if (best != old) {
        --size_[old];
        ++size_[best];
        label_[i] = best;
        ++moved;
      }
      for (const std::int32_t label : seen_) votes_[label] = 0;
      seen_.clear();
    }
    return moved;
  }

  void settle(const SynapseTable& table, std::int32_t most, const Labels* within = nullptr) {
    const auto few = static_cast<std::int64_t>(label_.size()) / kSettled;
    for (int k = 0; k < kMostSweeps && sweep(table, most, within) > few; ++k) {
    }
  }

 private:
  std::vector<std::int32_t> label_;  // (num_neurons)
  std::vector<std::int32_t> size_;   // by label
  std::vector<std::int32_t> votes_;  // by label; all 0 between neurons
  std::vector<std::int32_t> seen_;   // labels with votes
};

}  // namespace

NeuronOrder NeuronOrder::of(std::vector<std::int32_t> id_at) {
  NeuronOrder order;
  const auto size = static_cast<std::int32_t>(id_at.size());
  order.place_of.assign(id_at.size(), -1);
  for (std::int32_t place = 0; place < size; ++place) {
    const std::int32_t id = id_at[place];
    ensure(id >= 0 && id < size && order.place_of[id] < 0, "an order has every neuron once");
    order.place_of[id] = place;
  }
  order.id_at = std::move(id_at);
  return order;
}

bool NeuronOrder::is_identity() const noexcept { return std::ranges::is_sorted(id_at); }

NeuronOrder locality_order(const SynapseTable& table) {
  const auto n = static_cast<std::int64_t>(table.row_begin.size());
  Labels large(n), small(n);
  large.settle(table, static_cast<std::int32_t>(n));
  small.settle(table, kMostInLabel, &large);
  std::vector<std::int32_t> id_at(static_cast<std::size_t>(n));
  std::iota(id_at.begin(), id_at.end(), 0);
  std::ranges::stable_sort(id_at, [&](std::int32_t a, std::int32_t b) {
    return large[a] != large[b] ? large[a] < large[b] : small[a] < small[b];
  });
  return NeuronOrder::of(std::move(id_at));
}

SynapseTable reordered(const SynapseTable& table, const NeuronOrder& order) {
  ensure(order.id_at.size() == table.row_begin.size(), "an order of the table's neurons");
  SynapseTable result;
  result.row_begin.reserve(table.row_begin.size());
  result.row_count.reserve(table.row_count.size());
  result.sources.reserve(table.sources.size());
  result.weights.reserve(table.weights.size());
  result.delays_ms.reserve(table.delays_ms.size());
  for (const std::int32_t id : order.id_at) {
    result.row_begin.push_back(result.num_synapses());
    result.row_count.push_back(table.row_count[id]);
    for (const std::int32_t source : table.row_sources(id)) {
      result.sources.push_back(order.place_of[source]);
    }
    const auto weights = table.row_weights(id);
    result.weights.insert(result.weights.end(), weights.begin(), weights.end());
    if (table.delays_ms.empty()) continue;
    const auto delays = table.delays_ms.begin() + table.row_begin[id];
    result.delays_ms.insert(result.delays_ms.end(), delays, delays + table.row_count[id]);
  }
  use_huge_pages(result.sources, result.weights);
  return result;
}

}  // namespace noesis

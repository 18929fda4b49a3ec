#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>

#include "data/memory.hpp"
#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kMaxCapacity = std::numeric_limits<std::int32_t>::max();
/// A row that gets its first synapses has room for this many.
constexpr std::int64_t kMinCapacity = 4;
/// The table is compacted before it grows beyond this many times what it needs.
constexpr std::int64_t kMaxSparsity = 4;

[[noreturn]] void fail(std::span<const Synapse> edges, std::int64_t index, std::string what,
                       std::string got, std::string allowed, std::int64_t twin = -1) {
  const Synapse& edge = edges[index];
  throw EdgeError({.what = std::move(what) + " of " + std::to_string(edge.source) + " -> " +
                           std::to_string(edge.target),
                   .where = "synapses[" + std::to_string(index) + "]",
                   .got = std::move(got),
                   .allowed = std::move(allowed),
                   .next = ""},
                  false, index, twin);
}

/// Calls body(group) for each run of equal targets in `order`, which is sorted by target.
template <class Body>
void for_each_target(std::span<const Synapse> edges, std::span<const std::int64_t> order,
                     const Body& body) {
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last < order.size() && edges[order[last]].target == edges[order[first]].target) ++last;
    body(order.subspan(first, last - first));
    first = last;
  }
}

/// Room for a row that holds `count` and is to hold `needed`.
std::int64_t grown(std::int64_t capacity, std::int64_t needed) {
  return std::min(std::max({2 * capacity, needed, kMinCapacity}), kMaxCapacity);
}

}  // namespace

/// Position in the table, or -1.
std::int64_t PlasticConnectome::find(std::int64_t source, std::int64_t target) const {
  const auto sources = table_.row_sources(target);
  const auto found = std::lower_bound(sources.begin(), sources.end(), source);
  return found != sources.end() && *found == source
             ? table_.row_begin[target] + (found - sources.begin())
             : -1;
}

void PlasticConnectome::check_edges(std::span<const Synapse> edges,
                                    std::span<const std::int64_t> order) const {
  for (std::size_t k = 0; k < edges.size(); ++k) {
    const Synapse& edge = edges[k];
    const auto index = static_cast<std::int64_t>(k);
    for (const std::int32_t id : {edge.source, edge.target}) {
      if (id < 0 || id >= num_neurons()) {
        fail(edges, index, "neuron id out of range", std::to_string(id),
             "0 to " + std::to_string(num_neurons() - 1));
      }
      if (!alive(id)) fail(edges, index, "dead neuron", std::to_string(id), "living neurons");
    }
    if (!std::isfinite(edge.weight)) {
      fail(edges, index, "weight is not finite", std::to_string(edge.weight), "a finite number");
    }
    if (find(edge.source, edge.target) >= 0) {
      fail(edges, index, "duplicate edge", "a synapse that is there", "each pair once");
    }
  }
  for (std::size_t k = 1; k < order.size(); ++k) {
    const Synapse& a = edges[order[k - 1]];
    const Synapse& b = edges[order[k]];
    if (a.source != b.source || a.target != b.target) continue;
    fail(edges, order[k], "duplicate edge",
         "the same pair as synapses[" + std::to_string(order[k - 1]) + "]", "each pair once",
         order[k - 1]);
  }
}

/// Moves the rows that are too full for their new edges to the end of the table.
void PlasticConnectome::make_room(std::span<const Synapse> edges,
                                  std::span<const std::int64_t> order) {
  const auto needed = [&](std::span<const std::int64_t> group) {
    return table_.row_count[edges[group[0]].target] + static_cast<std::int64_t>(group.size());
  };
  const auto size_after = [&] {
    auto size = static_cast<std::int64_t>(table_.sources.size());
    for_each_target(edges, order, [&](std::span<const std::int64_t> group) {
      const std::int64_t capacity = capacity_[edges[group[0]].target];
      if (needed(group) > capacity) size += grown(capacity, needed(group));
    });
    return size;
  };
  const std::int64_t tight =
      num_synapses_ + std::int64_t(edges.size()) + kMinCapacity * num_alive();
  std::int64_t size = size_after();
  if (size > kMaxSparsity * tight) {
    compact();
    size = size_after();
  }
  if (size > static_cast<std::int64_t>(table_.sources.capacity())) {
    size = std::max(size, std::int64_t(table_.sources.capacity()) * 3 / 2);
    require_memory(size * kBytesPerSynapse, "add_synapses", std::to_string(size) + " synapses");
    table_.sources.reserve(size);
    table_.weights.reserve(size);
  }
  for_each_target(edges, order, [&](std::span<const std::int64_t> group) {
    const std::int32_t row = edges[group[0]].target;
    if (needed(group) <= capacity_[row]) return;
    const auto begin = static_cast<std::int64_t>(table_.sources.size());
    capacity_[row] = static_cast<std::int32_t>(grown(capacity_[row], needed(group)));
    table_.sources.resize(begin + capacity_[row]);
    table_.weights.resize(begin + capacity_[row]);
    const std::int64_t old = table_.row_begin[row];
    std::copy_n(table_.sources.begin() + old, table_.row_count[row],
                table_.sources.begin() + begin);
    std::copy_n(table_.weights.begin() + old, table_.row_count[row],
                table_.weights.begin() + begin);
    table_.row_begin[row] = begin;
  });
}

/// Merges edges of one target, by ascending source, into its row, from the back.
void PlasticConnectome::insert(std::span<const Synapse> edges,
                               std::span<const std::int64_t> group) {
  const std::int32_t row = edges[group[0]].target;
  std::int32_t* sources = table_.sources.data() + table_.row_begin[row];
  float* weights = table_.weights.data() + table_.row_begin[row];
  std::int64_t old = table_.row_count[row];
  std::int64_t slot = old + static_cast<std::int64_t>(group.size());
  table_.row_count[row] = static_cast<std::int32_t>(slot);
  for (std::size_t k = group.size(); k > 0;) {
    const Synapse& edge = edges[group[k - 1]];
    --slot;
    if (old > 0 && sources[old - 1] > edge.source) {
      --old;
      sources[slot] = sources[old];
      weights[slot] = weights[old];
    } else {
      sources[slot] = edge.source;
      weights[slot] = edge.weight;
      ++num_outputs_[edge.source];
      --k;
    }
  }
}

void PlasticConnectome::add_synapses(std::span<const Synapse> edges) {
  if (edges.empty()) return;
  require_no_delays("add_synapses");
  const auto count = static_cast<std::int64_t>(edges.size());
  require_memory(count * std::int64_t(sizeof(std::int64_t)), "add_synapses",
                 std::to_string(count) + " synapses");
  std::vector<std::int64_t> order(count);
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    const Synapse& first = edges[a];
    const Synapse& second = edges[b];
    return std::tie(first.target, first.source, a) < std::tie(second.target, second.source, b);
  });
  check_edges(edges, order);
  make_room(edges, order);
  for_each_target(edges, order, [&](std::span<const std::int64_t> group) { insert(edges, group); });
  num_synapses_ += count;
}

}  // namespace noesis

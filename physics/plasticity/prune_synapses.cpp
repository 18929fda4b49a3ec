#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <string>

#include "core/error.hpp"
#include "data/memory.hpp"
#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kRowGrain = 64;

/// For what a caller is asked in order, and what is rare.
const ThreadArena& calling_thread() {
  static const ThreadArena arena(1);
  return arena;
}

constexpr auto kAnyRow = [](std::span<const float>) { return true; };

}  // namespace

/// Rows of which `has_gone` says no are passed by, the others are closed up, distinct ones by
/// distinct threads. Written without branches on `is_gone`, which is asked once for each synapse
/// and is as good as random.
template <class HasGone, class IsGone>
std::int64_t PlasticConnectome::remove(const ThreadArena& arena, const HasGone& has_gone,
                                       const IsGone& is_gone) {
  require_no_delays("remove_synapses");
  std::atomic<std::int64_t> removed = 0;
  arena.parallel_for(num_neurons(), kRowGrain, [&](std::int64_t row, std::int64_t last) {
    std::vector<std::int32_t> gone;  // sources of one row's
    std::int64_t removed_here = 0;
    for (; row < last; ++row) {
      const std::int32_t count = table_.row_count[row];
      if (!has_gone(row_weights(row))) continue;
      std::int32_t* sources = table_.sources.data() + table_.row_begin[row];
      float* weights = table_.weights.data() + table_.row_begin[row];
      gone.resize(std::max(gone.size(), static_cast<std::size_t>(count)));
      std::int32_t kept = 0;
      for (std::int32_t k = 0; k < count; ++k) {
        const Synapse synapse = {sources[k], static_cast<std::int32_t>(row), weights[k]};
        const bool goes = is_gone(synapse);
        sources[kept] = synapse.source;
        weights[kept] = synapse.weight;
        gone[k - kept] = synapse.source;
        kept += goes ? 0 : 1;
      }
      for (std::int32_t k = 0; k < count - kept; ++k) {  // rows share their sources
        std::atomic_ref(num_outputs_[gone[k]]).fetch_sub(1, std::memory_order_relaxed);
      }
      removed_here += count - kept;
      table_.row_count[row] = kept;
    }
    removed.fetch_add(removed_here, std::memory_order_relaxed);
  });
  num_synapses_ -= removed;
  return removed;
}

std::int64_t PlasticConnectome::remove_synapses(
    const std::function<bool(const Synapse&)>& is_gone) {
  return remove(calling_thread(), kAnyRow, is_gone);
}

/// The neurons that die of what is missing since before, in the order in which they are found.
std::vector<std::int32_t> PlasticConnectome::find_dead(
    std::span<const std::int32_t> inputs_before, std::span<const std::int32_t> outputs_before) {
  std::vector<std::int32_t> inputs = table_.row_count;
  std::vector<std::int32_t> outputs = num_outputs_;
  std::vector<std::int32_t> dead;
  const auto visit = [&](std::int32_t id) {
    const bool starved = inputs[id] == 0 && inputs_before[id] > 0;
    const bool mute = outputs[id] == 0 && outputs_before[id] > 0;
    if (!alive(id) || has_gap_[id] || !(starved || mute)) return;
    alive_[id] = 0;
    dead.push_back(id);
  };
  for (std::int64_t id = 0; id < num_neurons(); ++id) visit(static_cast<std::int32_t>(id));
  if (dead.empty()) return dead;
  // Who is driven by whom, to follow a death to those whom it leaves without inputs.
  std::vector<std::int64_t> begin(num_neurons() + 1);
  std::inclusive_scan(num_outputs_.begin(), num_outputs_.end(), begin.begin() + 1, std::plus<>{},
                      std::int64_t{0});
  std::vector<std::int32_t> targets(num_synapses_);
  std::vector<std::int64_t> next(begin.begin(), begin.end() - 1);
  for (std::int64_t row = 0; row < num_neurons(); ++row) {
    for (const std::int32_t source : row_sources(row)) {
      targets[next[source]++] = static_cast<std::int32_t>(row);
    }
  }
  for (std::size_t k = 0; k < dead.size(); ++k) {
    const std::int32_t id = dead[k];
    for (const std::int32_t source : row_sources(id)) {
      --outputs[source];
      visit(source);
    }
    for (std::int64_t slot = begin[id]; slot < begin[id + 1]; ++slot) {
      --inputs[targets[slot]];
      visit(targets[slot]);
    }
  }
  return dead;
}

template <class HasGone, class IsGone>
Pruned PlasticConnectome::prune_by(const ThreadArena& arena, const HasGone& has_gone,
                                   const IsGone& is_gone) {
  require_memory(
      num_synapses_ * std::int64_t(sizeof(std::int32_t)) + num_neurons() * kBytesPerNeuron, "prune",
      std::to_string(num_synapses_) + " synapses by source");
  const std::vector<std::int32_t> inputs_before = table_.row_count;
  const std::vector<std::int32_t> outputs_before = num_outputs_;
  Pruned pruned;
  pruned.num_synapses = remove(arena, has_gone, is_gone);
  if (pruned.num_synapses == 0) return pruned;
  pruned.neurons = find_dead(inputs_before, outputs_before);
  if (pruned.neurons.empty()) return pruned;
  num_alive_ -= static_cast<std::int64_t>(pruned.neurons.size());
  pruned.num_synapses += remove(arena, kAnyRow, [&](const Synapse& edge) {
    return !alive(edge.source) || !alive(edge.target);
  });
  std::sort(pruned.neurons.begin(), pruned.neurons.end());
  return pruned;
}

Pruned PlasticConnectome::prune(const std::function<bool(const Synapse&)>& is_gone) {
  return prune_by(calling_thread(), kAnyRow, is_gone);
}

float PlasticConnectome::least_kept(double threshold) {
  const float least = static_cast<float>(threshold);
  return static_cast<double>(least) < threshold
             ? std::nextafter(least, std::numeric_limits<float>::infinity())
             : least;
}

Pruned PlasticConnectome::prune_below(double threshold, const ThreadArena& arena) {
  const float least = least_kept(threshold);
  const auto has_weak = [least](std::span<const float> weights) {
    std::int32_t weak = 0;
    for (const float weight : weights) weak += std::abs(weight) < least ? 1 : 0;
    return weak > 0;
  };
  return prune_by(arena, has_weak,
                  [least](const Synapse& synapse) { return std::abs(synapse.weight) < least; });
}

void PlasticConnectome::note_pruned(const Pruned& pruned) {
  num_synapses_ -= pruned.num_synapses;
  num_alive_ -= std::ssize(pruned.neurons);
  for (const std::int32_t id : pruned.neurons) alive_[id] = 0;
}

void PlasticConnectome::take_rows(std::span<const std::int32_t> row_count,
                                  std::vector<std::int32_t> sources, std::vector<float> weights) {
  ensure(std::ssize(row_count) >= num_neurons() && std::ssize(sources) == num_synapses_ &&
             weights.size() == sources.size(),
         "the rows of this connectome");
  table_.row_count.assign(row_count.begin(), row_count.begin() + num_neurons());
  capacity_ = table_.row_count;
  std::int64_t begin = 0;
  for (std::int64_t row = 0; row < num_neurons(); ++row) {
    table_.row_begin[row] = begin;
    begin += table_.row_count[row];
  }
  ensure(begin == num_synapses_, "no synapses beyond the neurons");
  table_.sources = std::move(sources);
  table_.weights = std::move(weights);
  num_outputs_.assign(num_outputs_.size(), 0);
  for (const std::int32_t source : table_.sources) ++num_outputs_[source];
}

}  // namespace noesis

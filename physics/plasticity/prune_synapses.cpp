#include <algorithm>
#include <functional>
#include <numeric>
#include <string>

#include "data/memory.hpp"
#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {

std::int64_t PlasticConnectome::remove_synapses(
    const std::function<bool(const Synapse&)>& is_gone) {
  require_no_delays("remove_synapses");
  std::int64_t removed = 0;
  for (std::int64_t row = 0; row < num_neurons(); ++row) {
    std::int32_t* sources = table_.sources.data() + table_.row_begin[row];
    float* weights = table_.weights.data() + table_.row_begin[row];
    std::int32_t kept = 0;
    for (std::int32_t k = 0; k < table_.row_count[row]; ++k) {
      if (is_gone({sources[k], static_cast<std::int32_t>(row), weights[k]})) {
        --num_outputs_[sources[k]];
        continue;
      }
      sources[kept] = sources[k];
      weights[kept] = weights[k];
      ++kept;
    }
    removed += table_.row_count[row] - kept;
    table_.row_count[row] = kept;
  }
  num_synapses_ -= removed;
  return removed;
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

Pruned PlasticConnectome::prune(const std::function<bool(const Synapse&)>& is_gone) {
  require_memory(
      num_synapses_ * std::int64_t(sizeof(std::int32_t)) + num_neurons() * kBytesPerNeuron, "prune",
      std::to_string(num_synapses_) + " synapses by source");
  const std::vector<std::int32_t> inputs_before = table_.row_count;
  const std::vector<std::int32_t> outputs_before = num_outputs_;
  Pruned pruned;
  pruned.num_synapses = remove_synapses(is_gone);
  if (pruned.num_synapses == 0) return pruned;
  pruned.neurons = find_dead(inputs_before, outputs_before);
  if (pruned.neurons.empty()) return pruned;
  num_alive_ -= static_cast<std::int64_t>(pruned.neurons.size());
  pruned.num_synapses += remove_synapses(
      [&](const Synapse& edge) { return !alive(edge.source) || !alive(edge.target); });
  std::sort(pruned.neurons.begin(), pruned.neurons.end());
  return pruned;
}

}  // namespace noesis

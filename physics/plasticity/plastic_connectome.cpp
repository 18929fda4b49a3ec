#include "physics/plasticity/plastic_connectome.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_set>
#include <utility>

#include "core/error.hpp"
#include "core/huge_pages.hpp"
#include "data/memory.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kMaxNeurons = std::numeric_limits<std::int32_t>::max();

template <class T>
void extend(std::vector<T>& column, std::int64_t count, const T& value) {
  if (!column.empty()) column.insert(column.end(), count, value);
}

/// Names for `count` neurons from id `first` on that no other neuron has.
void extend_names(std::vector<std::string>& names, std::int64_t first, std::int64_t count) {
  if (names.empty()) return;
  std::unordered_set<std::string> taken(names.begin(), names.end());
  for (std::int64_t id = first; id < first + count; ++id) {
    std::string name = "#" + std::to_string(id);
    while (!taken.insert(name).second) name.insert(0, "#");
    names.push_back(std::move(name));
  }
}

void check_signs(std::int64_t count, std::span<const std::int8_t> signs) {
  if (signs.empty()) return;
  require(static_cast<std::int64_t>(signs.size()) == count, "number of signs", "signs",
          signs.size(), "none, or one a neuron");
  for (const std::int8_t sign : signs) {
    require(sign >= -1 && sign <= 1, "neuron sign out of range", "signs", int{sign}, "-1, 0 or 1");
  }
}

}  // namespace

PlasticConnectome::PlasticConnectome(const Connectome& connectome) {
  const std::int64_t num_neurons = connectome.num_neurons();
  require_memory(connectome.memory_bytes() + num_neurons * kBytesPerNeuron, "plastic connectome",
                 std::to_string(connectome.num_synapses()) + " synapses");
  table_ = connectome.synapses();
  use_huge_pages(table_.sources, table_.weights);
  capacity_ = table_.row_count;
  num_outputs_.resize(num_neurons);
  for (const std::int32_t source : table_.sources) ++num_outputs_[source];
  alive_.assign(num_neurons, 1);
  num_alive_ = num_neurons;
  num_synapses_ = connectome.num_synapses();
  gap_edges_ = connectome.gap_edges();
  has_gap_.resize(num_neurons);
  for (const Synapse& edge : gap_edges_) has_gap_[edge.source] = has_gap_[edge.target] = 1;
  neurons_ = connectome.neurons();
}

std::int64_t PlasticConnectome::add_neurons(std::int64_t count,
                                            std::span<const std::int8_t> signs) {
  const std::int64_t first = num_neurons();
  require(count >= 0 && count <= kMaxNeurons - first, "number of new neurons out of range",
          "add_neurons", count, "0 to what is left of 2^31 - 1");
  check_signs(count, signs);
  // Vectors that grow may double, beside their old copy.
  require_memory(3 * (first + count) * kBytesPerNeuron, "add_neurons",
                 std::to_string(first + count) + " neurons");
  const std::int64_t total = first + count;
  table_.row_begin.resize(total, std::int64_t(table_.sources.size()));
  table_.row_count.resize(total);
  capacity_.resize(total);
  num_outputs_.resize(total);
  alive_.resize(total, 1);
  has_gap_.resize(total);
  num_alive_ += count;
  extend_names(neurons_.name, first, count);
  for (auto* column : {&neurons_.type, &neurons_.region, &neurons_.transmitter}) {
    extend(*column, count, std::string{});
  }
  for (auto* column : {&neurons_.x, &neurons_.y, &neurons_.z}) extend(*column, count, 0.0f);
  extend(neurons_.sign, count, std::int8_t{0});
  if (!neurons_.sign.empty()) std::copy(signs.begin(), signs.end(), neurons_.sign.begin() + first);
  return first;
}

/// The table without slack or holes. Where there are delays, there never was any.
SynapseTable PlasticConnectome::compacted() const {
  SynapseTable table;
  table.row_count = table_.row_count;
  table.delays_ms = table_.delays_ms;
  table.row_begin.reserve(table_.row_begin.size());
  table.sources.reserve(num_synapses_);
  table.weights.reserve(num_synapses_);
  for (std::int64_t row = 0; row < num_neurons(); ++row) {
    const auto sources = row_sources(row);
    const auto weights = row_weights(row);
    table.row_begin.push_back(table.num_synapses());
    table.sources.insert(table.sources.end(), sources.begin(), sources.end());
    table.weights.insert(table.weights.end(), weights.begin(), weights.end());
  }
  return table;
}

void PlasticConnectome::compact() {
  require_memory(num_synapses_ * kBytesPerSynapse, "compact",
                 std::to_string(num_synapses_) + " synapses");
  table_ = compacted();
  use_huge_pages(table_.sources, table_.weights);
  capacity_ = table_.row_count;
}

void PlasticConnectome::require_no_delays(const char* edit) const {
  if (table_.delays_ms.empty()) return;
  throw ConfigError({.what = "synapses with delays cannot be made or removed",
                     .where = edit,
                     .got = "a connectome with delays",
                     .allowed = "one without",
                     .next = {}});
}

std::vector<Synapse> PlasticConnectome::edges() const {
  std::vector<Synapse> edges;
  edges.reserve(num_synapses_);
  for (std::int64_t row = 0; row < num_neurons(); ++row) {
    const auto sources = row_sources(row);
    const auto weights = row_weights(row);
    for (std::size_t k = 0; k < sources.size(); ++k) {
      edges.push_back({sources[k], static_cast<std::int32_t>(row), weights[k]});
    }
  }
  return edges;
}

ConnectomePtr PlasticConnectome::freeze() const {
  require_memory(num_synapses_ * kBytesPerSynapse + num_neurons() * kBytesPerNeuron, "freeze",
                 std::to_string(num_synapses_) + " synapses");
  return std::make_shared<const Connectome>(compacted(), gap_edges_, neurons_);
}

std::int64_t PlasticConnectome::memory_bytes() const {
  return static_cast<std::int64_t>(table_.sources.capacity() * sizeof(std::int32_t) +
                                   table_.weights.capacity() * sizeof(float)) +
         num_neurons() * kBytesPerNeuron;
}

}  // namespace noesis

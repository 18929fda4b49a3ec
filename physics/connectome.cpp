#include "physics/connectome.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/huge_pages.hpp"
#include "core/names.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kMaxNeurons = std::numeric_limits<std::int32_t>::max();

/// What the edges of one list are called in errors.
struct EdgeKind {
  std::string_view list;   ///< "synapses"
  std::string_view arrow;  ///< " -> "
};
constexpr EdgeKind kChemical{"synapses", " -> "};
constexpr EdgeKind kGap{"gap_junctions", " -- "};

bool is_gap(EdgeKind kind) { return kind.list == kGap.list; }

std::string neuron_text(std::int64_t id, const NeuronTable& neurons) {
  const std::string number = std::to_string(id);
  const bool named = id >= 0 && id < static_cast<std::int64_t>(neurons.name.size());
  return named ? number + " (" + neurons.name[id] + ")" : number;
}

std::string edge_text(const Synapse& edge, EdgeKind kind, const NeuronTable& neurons) {
  return neuron_text(edge.source, neurons) + std::string(kind.arrow) +
         neuron_text(edge.target, neurons);
}

std::string element(std::string_view list, std::int64_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

template <class Column>
void check_column(const Column& column, std::string_view name, std::int64_t num_neurons) {
  const auto size = static_cast<std::int64_t>(column.size());
  if (size == 0 || size == num_neurons) return;
  throw ConfigError({.what = "neuron table column of the wrong length",
                     .where = "neurons." + std::string(name),
                     .got = std::to_string(size),
                     .allowed = "0 or the number of neurons, " + std::to_string(num_neurons),
                     .next = ""});
}

void check_positions(const std::vector<float>& column, std::string_view name) {
  const auto bad = std::find_if_not(column.begin(), column.end(),
                                    [](float value) { return std::isfinite(value); });
  if (bad == column.end()) return;
  throw ConfigError({.what = "position is not finite",
                     .where = element("neurons." + std::string(name), bad - column.begin()),
                     .got = std::to_string(*bad),
                     .allowed = "a finite number [micrometre]",
                     .next = ""});
}

void check_neurons(std::int64_t num_neurons, const NeuronTable& neurons) {
  if (num_neurons < 1 || num_neurons > kMaxNeurons) {
    throw ConfigError({.what = "number of neurons out of range",
                       .where = "num_neurons",
                       .got = std::to_string(num_neurons),
                       .allowed = "1 to " + std::to_string(kMaxNeurons),
                       .next = ""});
  }
  check_column(neurons.name, "name", num_neurons);
  check_column(neurons.type, "type", num_neurons);
  check_column(neurons.sign, "sign", num_neurons);
  check_column(neurons.region, "region", num_neurons);
  check_column(neurons.transmitter, "transmitter", num_neurons);
  check_column(neurons.x, "x", num_neurons);
  check_column(neurons.y, "y", num_neurons);
  check_column(neurons.z, "z", num_neurons);
  check_positions(neurons.x, "x");
  check_positions(neurons.y, "y");
  check_positions(neurons.z, "z");
  for (std::size_t i = 0; i < neurons.sign.size(); ++i) {
    if (neurons.sign[i] >= -1 && neurons.sign[i] <= 1) continue;
    throw ConfigError({.what = "neuron sign out of range",
                       .where = element("neurons.sign", static_cast<std::int64_t>(i)),
                       .got = std::to_string(neurons.sign[i]),
                       .allowed = "-1, 0 or 1",
                       .next = ""});
  }
}

void check_edge(std::int64_t num_neurons, const Synapse& edge, std::int64_t index, EdgeKind kind,
                const NeuronTable& neurons) {
  const auto fail = [&](std::string what, std::string got, std::string allowed) {
    throw EdgeError({.what = std::move(what) + " of " + edge_text(edge, kind, neurons),
                     .where = element(kind.list, index),
                     .got = std::move(got),
                     .allowed = std::move(allowed),
                     .next = ""},
                    is_gap(kind), index);
  };
  for (const std::int32_t id : {edge.source, edge.target}) {
    if (id < 0 || id >= num_neurons) {
      fail("neuron id out of range", std::to_string(id), "0 to " + std::to_string(num_neurons - 1));
    }
  }
  if (!std::isfinite(edge.weight)) {
    fail("weight is not finite", std::to_string(edge.weight), "a finite number");
  }
  if (!is_gap(kind)) return;
  if (edge.source == edge.target) fail("gap junction with itself", "a self-loop", "two neurons");
  if (edge.weight < 0) fail("negative gap weight", std::to_string(edge.weight), "at least 0");
}

void check_edges(std::int64_t num_neurons, std::span<const Synapse> edges, EdgeKind kind,
                 const NeuronTable& neurons) {
  for (std::size_t k = 0; k < edges.size(); ++k) {
    check_edge(num_neurons, edges[k], static_cast<std::int64_t>(k), kind, neurons);
  }
}

/// The slow path of a duplicate: finds where in the list its two copies stand.
[[noreturn]] void throw_duplicate(std::span<const Synapse> edges, Synapse pair, EdgeKind kind,
                                  const NeuronTable& neurons) {
  std::vector<std::int64_t> copies;
  for (std::size_t k = 0; k < edges.size(); ++k) {
    const bool same = edges[k].source == pair.source && edges[k].target == pair.target;
    const bool mirrored =
        is_gap(kind) && edges[k].source == pair.target && edges[k].target == pair.source;
    if (same || mirrored) copies.push_back(static_cast<std::int64_t>(k));
  }
  ensure(copies.size() > 1, "a duplicate edge has two copies");
  throw EdgeError({.what = "duplicate edge " + edge_text(pair, kind, neurons),
                   .where = element(kind.list, copies[1]),
                   .got = "the same pair as " + element(kind.list, copies[0]),
                   .allowed = "each pair once",
                   .next = "merge the two, e.g. by adding their weights"},
                  is_gap(kind), copies[1], copies[0]);
}

/// Sorts one row by source and checks that no source stands twice.
/// @returns the repeated source, or -1.
std::int64_t sort_row(std::span<std::int32_t> sources, std::span<float> weights,
                      std::vector<std::pair<std::int32_t, float>>& scratch) {
  if (!std::is_sorted(sources.begin(), sources.end())) {
    scratch.resize(sources.size());
    for (std::size_t k = 0; k < sources.size(); ++k) scratch[k] = {sources[k], weights[k]};
    std::sort(scratch.begin(), scratch.end());
    for (std::size_t k = 0; k < sources.size(); ++k) {
      std::tie(sources[k], weights[k]) = scratch[k];
    }
  }
  const auto repeated = std::adjacent_find(sources.begin(), sources.end());
  return repeated == sources.end() ? -1 : *repeated;
}

/// CSR by counting sort over the targets. A gap junction goes into both rows.
SynapseTable build_table(std::int64_t num_neurons, std::span<const Synapse> edges, EdgeKind kind,
                         const NeuronTable& neurons) {
  const bool symmetric = is_gap(kind);
  SynapseTable table;
  table.row_begin.resize(num_neurons);
  table.row_count.resize(num_neurons);
  // 64-bit counts: before duplicates are found, a row may hold any number of edges.
  std::vector<std::int64_t> next(num_neurons);
  for (const Synapse& edge : edges) {
    ++next[edge.target];
    if (symmetric) ++next[edge.source];
  }
  std::exclusive_scan(next.begin(), next.end(), table.row_begin.begin(), std::int64_t{0});
  next = table.row_begin;
  const std::size_t num_entries = edges.size() * (symmetric ? 2 : 1);
  table.sources.resize(num_entries);
  table.weights.resize(num_entries);
  const auto place = [&](std::int32_t row, std::int32_t source, float weight) {
    const std::int64_t slot = next[row]++;
    table.sources[slot] = source;
    table.weights[slot] = weight;
  };
  for (const Synapse& edge : edges) {
    place(edge.target, edge.source, edge.weight);
    if (symmetric) place(edge.source, edge.target, edge.weight);
  }
  std::vector<std::pair<std::int32_t, float>> scratch;
  for (std::int64_t row = 0; row < num_neurons; ++row) {
    const std::int64_t begin = table.row_begin[row];
    const auto count = static_cast<std::size_t>(next[row] - begin);
    const std::int64_t repeated = sort_row({table.sources.data() + begin, count},
                                           {table.weights.data() + begin, count}, scratch);
    if (repeated >= 0) {
      throw_duplicate(edges,
                      {static_cast<std::int32_t>(repeated), static_cast<std::int32_t>(row), 0},
                      kind, neurons);
    }
    table.row_count[row] = static_cast<std::int32_t>(count);
  }
  return table;
}

/// Ids by name, which shows names that stand twice.
std::vector<std::int32_t> sort_names(const std::vector<std::string>& names) {
  std::vector<std::int32_t> order(names.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int32_t a, std::int32_t b) { return names[a] < names[b]; });
  for (std::size_t k = 1; k < order.size(); ++k) {
    if (names[order[k - 1]] != names[order[k]]) continue;
    throw ConfigError(
        {.what = "neuron name stands twice",
         .where = element("neurons.name", order[k]),
         .got = "'" + names[order[k]] + "', also " + element("neurons.name", order[k - 1]),
         .allowed = "each name once",
         .next = ""});
  }
  return order;
}

/// Position of `source` in the row, or -1.
std::int64_t find_in_row(const SynapseTable& table, std::int64_t row, std::int64_t source) {
  const auto sources = table.row_sources(row);
  const auto found = std::lower_bound(sources.begin(), sources.end(), source);
  return found != sources.end() && *found == source ? found - sources.begin() : -1;
}

void check_id(std::int64_t id, std::int64_t num_neurons, const char* which) {
  if (id >= 0 && id < num_neurons) return;
  throw ConfigError({.what = "neuron id out of range",
                     .where = which,
                     .got = std::to_string(id),
                     .allowed = "0 to " + std::to_string(num_neurons - 1),
                     .next = ""});
}

std::int64_t table_bytes(const SynapseTable& table) {
  return static_cast<std::int64_t>(
      table.row_begin.size() * sizeof(std::int64_t) +
      table.row_count.size() * sizeof(std::int32_t) + table.sources.size() * sizeof(std::int32_t) +
      table.weights.size() * sizeof(float) + table.delays_ms.size() * sizeof(float));
}

template <class T>
void digest_vector(Digest& digest, const std::vector<T>& values) {
  const std::uint64_t size = values.size();
  digest.update(&size, sizeof size);
  digest.update(values.data(), values.size() * sizeof(T));
}

void digest_table(Digest& digest, const SynapseTable& table) {
  digest_vector(digest, table.row_count);
  digest_vector(digest, table.sources);
  digest_vector(digest, table.weights);
  if (!table.delays_ms.empty()) digest_vector(digest, table.delays_ms);
}

void check_delay(float delay_ms, std::int64_t index, const Synapse& edge,
                 const NeuronTable& neurons) {
  if (std::isfinite(delay_ms) && delay_ms > 0) return;
  throw EdgeError({.what = "delay out of range of " + edge_text(edge, kChemical, neurons),
                   .where = element("delays_ms", index),
                   .got = std::to_string(delay_ms),
                   .allowed = "a finite number above 0 [ms]",
                   .next = "leave the delays away where conduction takes no time"},
                  false, index);
}

void check_delays(std::span<const Synapse> edges, std::span<const float> delays_ms,
                  const NeuronTable& neurons) {
  if (delays_ms.empty()) return;
  require(delays_ms.size() == edges.size(), "number of delays", "delays_ms", delays_ms.size(),
          "none, or one a synapse");
  for (std::size_t k = 0; k < edges.size(); ++k) {
    check_delay(delays_ms[k], static_cast<std::int64_t>(k), edges[k], neurons);
  }
}

/// Puts the delay of each edge beside its synapse.
void place_delays(std::span<const Synapse> edges, std::span<const float> delays_ms,
                  SynapseTable& table) {
  table.delays_ms.resize(delays_ms.size());
  for (std::size_t k = 0; k < delays_ms.size(); ++k) {
    const std::int64_t slot = find_in_row(table, edges[k].target, edges[k].source);
    table.delays_ms[table.row_begin[edges[k].target] + slot] = delays_ms[k];
  }
}

/// Rows must be as build_table() makes them.
void check_table(const SynapseTable& table, const NeuronTable& neurons) {
  const auto num_neurons = static_cast<std::int64_t>(table.row_count.size());
  const auto num_synapses = table.num_synapses();
  const auto whole = [](bool ok, const char* part) {
    if (ok) return;
    throw ConfigError(
        {.what = "malformed synapse table",
         .where = "synapses",
         .got = part,
         .allowed = "rows in order without slack, ascending sources, a weight for each",
         .next = ""});
  };
  whole(table.row_begin.size() == table.row_count.size(),
        "row_begin and row_count of different lengths");
  whole(table.weights.size() == table.sources.size(), "weights of another length");
  whole(table.delays_ms.empty() || table.delays_ms.size() == table.sources.size(),
        "delays of another length");
  std::int64_t next = 0;
  for (std::int64_t row = 0; row < num_neurons; ++row) {
    const std::int64_t count = table.row_count[row];
    whole(table.row_begin[row] == next && count >= 0 && count <= num_synapses - next,
          "rows that leave gaps or overlap");
    for (std::int64_t k = next; k < next + count; ++k) {
      const Synapse edge{table.sources[k], static_cast<std::int32_t>(row), table.weights[k]};
      check_edge(num_neurons, edge, k, kChemical, neurons);
      whole(k == next || table.sources[k - 1] < edge.source, "sources that do not ascend in a row");
      if (!table.delays_ms.empty()) check_delay(table.delays_ms[k], k, edge, neurons);
    }
    next += count;
  }
  whole(next == num_synapses, "synapses outside the rows");
}

}  // namespace

Connectome::Connectome(std::int64_t num_neurons, std::span<const Synapse> synapses,
                       std::span<const Synapse> gap_junctions, NeuronTable neurons,
                       std::span<const float> delays_ms)
    : num_neurons_(num_neurons) {
  check_neurons(num_neurons, neurons);
  check_edges(num_neurons, synapses, kChemical, neurons);
  check_edges(num_neurons, gap_junctions, kGap, neurons);
  check_delays(synapses, delays_ms, neurons);
  name_order_ = sort_names(neurons.name);
  synapses_ = build_table(num_neurons, synapses, kChemical, neurons);
  place_delays(synapses, delays_ms, synapses_);
  gap_junctions_ = build_table(num_neurons, gap_junctions, kGap, neurons);
  neurons_ = std::move(neurons);
  use_huge_pages(synapses_.sources, synapses_.weights);
}

Connectome::Connectome(SynapseTable synapses, std::span<const Synapse> gap_junctions,
                       NeuronTable neurons)
    : num_neurons_(static_cast<std::int64_t>(synapses.row_count.size())) {
  check_neurons(num_neurons_, neurons);
  check_table(synapses, neurons);
  check_edges(num_neurons_, gap_junctions, kGap, neurons);
  name_order_ = sort_names(neurons.name);
  synapses_ = std::move(synapses);
  gap_junctions_ = build_table(num_neurons_, gap_junctions, kGap, neurons);
  neurons_ = std::move(neurons);
  use_huge_pages(synapses_.sources, synapses_.weights);
}

float Connectome::weight(std::int64_t source, std::int64_t target) const {
  check_id(source, num_neurons_, "source");
  check_id(target, num_neurons_, "target");
  const std::int64_t slot = find_in_row(synapses_, target, source);
  return slot < 0 ? 0.0f : synapses_.row_weights(target)[slot];
}

bool Connectome::has_synapse(std::int64_t source, std::int64_t target) const {
  check_id(source, num_neurons_, "source");
  check_id(target, num_neurons_, "target");
  return find_in_row(synapses_, target, source) >= 0;
}

float Connectome::gap_weight(std::int64_t a, std::int64_t b) const {
  check_id(a, num_neurons_, "a");
  check_id(b, num_neurons_, "b");
  const std::int64_t slot = find_in_row(gap_junctions_, b, a);
  return slot < 0 ? 0.0f : gap_junctions_.row_weights(b)[slot];
}

std::int64_t Connectome::neuron_id(const std::string& name) const {
  const std::vector<std::string>& names = neurons_.name;
  const auto found =
      std::lower_bound(name_order_.begin(), name_order_.end(), name,
                       [&](std::int32_t id, const std::string& key) { return names[id] < key; });
  if (found != name_order_.end() && names[*found] == name) return *found;
  throw ConfigError({.what = "no neuron of this name",
                     .where = "",
                     .got = "'" + name + "'",
                     .allowed = names.empty() ? "nothing: the neurons have no names"
                                              : "one of the " + std::to_string(names.size()) +
                                                    " names, e.g. '" + names.front() + "'",
                     .next = suggest_name(name, names)});
}

std::vector<Synapse> Connectome::edges() const {
  std::vector<Synapse> edges;
  edges.reserve(synapses_.sources.size());
  for (std::int64_t row = 0; row < num_neurons_; ++row) {
    const auto sources = synapses_.row_sources(row);
    const auto weights = synapses_.row_weights(row);
    for (std::size_t k = 0; k < sources.size(); ++k) {
      edges.push_back({sources[k], static_cast<std::int32_t>(row), weights[k]});
    }
  }
  return edges;
}

std::vector<Synapse> Connectome::gap_edges() const {
  std::vector<Synapse> edges;
  edges.reserve(gap_junctions_.sources.size() / 2);
  for (std::int64_t row = 0; row < num_neurons_; ++row) {
    const auto sources = gap_junctions_.row_sources(row);
    const auto weights = gap_junctions_.row_weights(row);
    for (std::size_t k = 0; k < sources.size() && sources[k] < row; ++k) {
      edges.push_back({sources[k], static_cast<std::int32_t>(row), weights[k]});
    }
  }
  return edges;
}

std::int64_t Connectome::memory_bytes() const {
  return table_bytes(synapses_) + table_bytes(gap_junctions_);
}

std::string Connectome::digest() const {
  Digest digest;
  digest.update(&num_neurons_, sizeof num_neurons_);
  digest_table(digest, synapses_);
  digest_table(digest, gap_junctions_);
  return digest.hex();
}

}  // namespace noesis

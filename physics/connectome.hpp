#pragma once
/// The connectome: who connects to whom, how strongly. Immutable while a simulation runs on it, so
/// one may be shared by any number of environments and threads.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace noesis {

/// One synapse as an edge: `source` drives `target`.
struct Synapse {
  std::int32_t source = 0;
  std::int32_t target = 0;
  float weight = 0;
};

/// A sparse matrix by target row: row i holds the inputs of neuron i, by ascending source id.
/// Eight bytes a synapse, twelve with delays, plus twelve a row.
struct SynapseTable {
  std::vector<std::int64_t> row_begin;  ///< (num_neurons) index of a row's first synapse
  std::vector<std::int32_t> row_count;  ///< (num_neurons) synapses in the row
  std::vector<std::int32_t> sources;    ///< (num_synapses) presynaptic neuron id
  std::vector<float> weights;           ///< (num_synapses) signed weight
  std::vector<float> delays_ms;         ///< (num_synapses) conduction delay [ms]; empty: none

  std::int64_t num_synapses() const noexcept { return static_cast<std::int64_t>(sources.size()); }
  bool empty() const noexcept { return sources.empty(); }
  std::span<const std::int32_t> row_sources(std::int64_t row) const {
    return {sources.data() + row_begin[row], static_cast<std::size_t>(row_count[row])};
  }
  std::span<const float> row_weights(std::int64_t row) const {
    return {weights.data() + row_begin[row], static_cast<std::size_t>(row_count[row])};
  }
};

/// The ConfigError about one edge of the lists that a connectome is built from, for callers that
/// know where the edge came from.
class EdgeError : public ConfigError {
 public:
  EdgeError(ErrorParts parts, bool is_gap, std::int64_t index, std::int64_t twin = -1)
      : ConfigError(std::move(parts)), is_gap_(is_gap), index_(index), twin_(twin) {}

  /// Whether the edge is a gap junction.
  bool is_gap() const noexcept { return is_gap_; }
  /// Index of the edge in its list.
  std::int64_t index() const noexcept { return index_; }
  /// Index of the earlier copy of a duplicate, or -1.
  std::int64_t twin() const noexcept { return twin_; }

 private:
  bool is_gap_;
  std::int64_t index_;
  std::int64_t twin_;
};

/// What is known of each neuron. Every vector is empty (unknown) or num_neurons long.
struct NeuronTable {
  std::vector<std::string> name;    ///< unique, e.g. "AVAL"
  std::vector<std::string> type;    ///< class, e.g. "sensory", "interneuron", "motor"
  std::vector<std::int8_t> sign;    ///< +1 excitatory, -1 inhibitory, 0 unknown
  std::vector<std::string> region;  ///< brain region or hemisphere
  std::vector<std::string> transmitter;
  std::vector<float> x, y, z;  ///< position [micrometre]
};

class Connectome {
 public:
  /// Builds from edges in any order; rows are sorted by source. Autapses (source = target) are
  /// kept. `gap_junctions` are undirected: each pair once, with weight >= 0; both rows get it.
  /// `delays_ms` has the conduction delay of each synapse, > 0, or is empty: no delays.
  /// @throws EdgeError naming the edge for an id out of range, a non-finite weight, a duplicate
  ///   edge, a delay that is not positive, a negative or self gap junction; ConfigError for delays
  ///   of another number than synapses, or a neuron table with columns of the
  ///   wrong length, repeated names, signs outside -1..1 or positions that are not finite. All but
  ///   duplicates is checked before the tables are allocated.
  Connectome(std::int64_t num_neurons, std::span<const Synapse> synapses,
             std::span<const Synapse> gap_junctions = {}, NeuronTable neurons = {},
             std::span<const float> delays_ms = {});

  /// Takes a finished table, without a copy: rows in order and without slack, by ascending source.
  /// @throws as above, and ConfigError for a table of another form.
  explicit Connectome(SynapseTable synapses, std::span<const Synapse> gap_junctions = {},
                      NeuronTable neurons = {});

  std::int64_t num_neurons() const noexcept { return num_neurons_; }
  std::int64_t num_synapses() const noexcept { return synapses_.num_synapses(); }
  /// Undirected gap junctions.
  std::int64_t num_gap_junctions() const noexcept { return gap_junctions_.num_synapses() / 2; }

  const SynapseTable& synapses() const noexcept { return synapses_; }
  /// Symmetric: each junction stands in both rows.
  const SynapseTable& gap_junctions() const noexcept { return gap_junctions_; }
  const NeuronTable& neurons() const noexcept { return neurons_; }
  bool has_delays() const noexcept { return !synapses_.delays_ms.empty(); }

  /// Weight of source -> target, 0 if there is no such synapse. O(log row). This and the lookups
  /// below throw ConfigError for an id outside 0 .. num_neurons - 1.
  float weight(std::int64_t source, std::int64_t target) const;
  bool has_synapse(std::int64_t source, std::int64_t target) const;
  /// Weight of the gap junction between a and b, 0 if there is none.
  float gap_weight(std::int64_t a, std::int64_t b) const;

  /// Id of a neuron by name, O(log num_neurons). @throws ConfigError with the nearest known name.
  std::int64_t neuron_id(const std::string& name) const;

  /// All synapses as edges, by target, then source.
  std::vector<Synapse> edges() const;
  std::vector<Synapse> gap_edges() const;  ///< each junction once, source < target

  /// Bytes that the synapses and gap junctions hold.
  std::int64_t memory_bytes() const;

  /// 128-bit digest (XXH3, hex) of structure, weights and delays, not of the neuron table: equal
  /// digests mean connectomes with the same dynamics.
  std::string digest() const;

 private:
  std::int64_t num_neurons_;
  SynapseTable synapses_;
  SynapseTable gap_junctions_;
  NeuronTable neurons_;
  std::vector<std::int32_t> name_order_;  ///< ids by ascending name
};

using ConnectomePtr = std::shared_ptr<const Connectome>;

}  // namespace noesis

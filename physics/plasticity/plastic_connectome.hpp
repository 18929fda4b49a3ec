#pragma once
/// A connectome that changes: weights by plasticity rules, structure by batched edits. Neuron ids
/// are stable: new neurons are appended, dead ones keep their id and are never renumbered.
///
/// Rows are as in SynapseTable, sorted by source, and have no slack until synapses are added. A row
/// that is full then moves to the end of the table with twice the room, so that adding is amortised
/// O(row); compact() gives plain compressed rows again.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/hdf5_file.hpp"
#include "core/threads.hpp"
#include "physics/connectome.hpp"

namespace noesis {

/// What a prune took away.
struct Pruned {
  std::int64_t num_synapses = 0;      ///< with those of the dead neurons
  std::vector<std::int32_t> neurons;  ///< ids of the neurons that died, ascending
};

/// Edits and weight changes come from one thread at a time, except that distinct rows may be
/// written by distinct threads. Synapses of a connectome with delays can be weighted, but not made
/// or removed: that throws ConfigError. Every edit ends the life of spans and row_begin from before
/// it.
class PlasticConnectome {
 public:
  /// A copy. Gap junctions are kept as they are for good. @throws ConfigError when it does not fit
  /// the memory.
  explicit PlasticConnectome(const Connectome& connectome);

  std::int64_t num_neurons() const noexcept { return std::int64_t(alive_.size()); }
  std::int64_t num_alive() const noexcept { return num_alive_; }
  std::int64_t num_synapses() const noexcept { return num_synapses_; }
  bool alive(std::int64_t neuron) const { return alive_[neuron] != 0; }
  /// Synapses that the neuron drives, its autapse included.
  std::int64_t num_outputs(std::int64_t neuron) const { return num_outputs_[neuron]; }

  /// Rows with slack: synapses().sources is as long as the table, num_synapses() of them count.
  const SynapseTable& synapses() const noexcept { return table_; }
  const NeuronTable& neurons() const noexcept { return neurons_; }
  std::span<const std::int32_t> row_sources(std::int64_t row) const {
    return table_.row_sources(row);
  }
  std::span<const float> row_weights(std::int64_t row) const { return table_.row_weights(row); }
  /// The weights of a row, for a rule to write. They should stay finite: freeze() refuses others.
  std::span<float> row_weights(std::int64_t row) {
    return {table_.weights.data() + table_.row_begin[row],
            static_cast<std::size_t>(table_.row_count[row])};
  }

  /// All of them, as synapses().weights stand.
  float* weights() noexcept { return table_.weights.data(); }

  /// Appends neurons without synapses. In the columns that the neuron table has, they are called
  /// "#<id>", have the given sign (0 without), empty texts and position 0.
  /// @param signs  empty, or one of -1, 0, 1 for each
  /// @returns the id of the first.
  /// @throws ConfigError for a negative count, more than 2^31 - 1 neurons, wrong signs, or too
  ///   little memory; nothing has changed then.
  std::int64_t add_neurons(std::int64_t count, std::span<const std::int8_t> signs = {});

  /// Adds synapses between living neurons, in any order.
  /// @throws EdgeError naming the edge for an id out of range or dead, a weight that is not finite,
  ///   a duplicate in the list or of a synapse that is there; ConfigError when they do not fit the
  ///   memory. Nothing has changed then.
  void add_synapses(std::span<const Synapse> edges);

  /// Removes the synapses for which `is_gone`, which is asked once for each, by target, then
  /// source. Keeps the room of the rows, and neurons alive. @returns how many went. O(synapses).
  std::int64_t remove_synapses(const std::function<bool(const Synapse&)>& is_gone);

  /// Removes synapses in the same way, then the neurons that have lost all inputs or all
  /// outputs by that, with their other synapses, then those that have lost all by that, and so on.
  /// Neurons that had none before (sensory, motor or new ones) live, and so do neurons with gap
  /// junctions, which are both input and output. O(synapses).
  /// @throws ConfigError when an index of the outputs does not fit the memory; nothing has changed
  ///   then.
  Pruned prune(const std::function<bool(const Synapse&)>& is_gone);

  /// prune() of the synapses with |weight| < threshold, faster, rows on the threads of `arena`.
  Pruned prune_below(double threshold, const ThreadArena& arena);

  /// |w| < threshold is |w| < least_kept(threshold), in float.
  static float least_kept(double threshold);

  // For a table whose rows are elsewhere meanwhile: prune() and weights there, rows here at last.

  /// (num_neurons) 1 of the living, and of those with gap junctions.
  std::span<const std::uint8_t> alive_flags() const noexcept { return alive_; }
  std::span<const std::uint8_t> gap_flags() const noexcept { return has_gap_; }
  /// Takes over what a prune elsewhere took away. Rows are stale until take_rows().
  void note_pruned(const Pruned& pruned);
  /// Rows side by side, of which the last may be those of places without a neuron.
  void take_rows(std::span<const std::int32_t> row_count, std::vector<std::int32_t> sources,
                 std::vector<float> weights);

  /// Rows in order, without slack or holes. @throws ConfigError when there is no room for the copy.
  void compact();

  /// An immutable copy with the same ids; dead neurons have neither inputs nor outputs there.
  /// @throws EdgeError naming a synapse whose weight is not finite, ConfigError when it does not
  ///   fit the memory.
  ConnectomePtr freeze() const;

  /// All synapses, by target, then source.
  std::vector<Synapse> edges() const;

  /// As datasets of a group, for checkpoints. read() takes what came of the same connectome, with
  /// at most `max_neurons`. @throws ConfigError for a damaged file; then to be thrown away.
  void write(Hdf5File& file, const std::string& group) const;
  void read(const Hdf5File& file, const std::string& group, std::int64_t max_neurons);

  /// Bytes of the table, with slack and holes.
  std::int64_t memory_bytes() const;

 private:
  static constexpr std::int64_t kBytesPerSynapse = sizeof(std::int32_t) + sizeof(float);
  /// Rows (begin, count), room, outputs, two flags.
  static constexpr std::int64_t kBytesPerNeuron =
      sizeof(std::int64_t) + 3 * sizeof(std::int32_t) + 2;

  SynapseTable compacted() const;
  void require_no_delays(const char* edit) const;
  void check_edges(std::span<const Synapse> edges, std::span<const std::int64_t> order) const;
  std::int64_t find(std::int64_t source, std::int64_t target) const;
  void make_room(std::span<const Synapse> edges, std::span<const std::int64_t> order);
  void insert(std::span<const Synapse> edges, std::span<const std::int64_t> group);
  template <class HasGone, class IsGone>
  std::int64_t remove(const ThreadArena& arena, const HasGone& has_gone, const IsGone& is_gone);
  template <class HasGone, class IsGone>
  Pruned prune_by(const ThreadArena& arena, const HasGone& has_gone, const IsGone& is_gone);
  std::vector<std::int32_t> find_dead(std::span<const std::int32_t> inputs_before,
                                      std::span<const std::int32_t> outputs_before);

  SynapseTable table_;
  std::vector<std::int32_t> capacity_;     // (num_neurons) room of each row
  std::vector<std::int32_t> num_outputs_;  // (num_neurons)
  std::vector<std::uint8_t> alive_;        // (num_neurons)
  std::int64_t num_alive_ = 0;
  std::int64_t num_synapses_ = 0;
  std::vector<Synapse> gap_edges_;
  std::vector<std::uint8_t> has_gap_;  // (num_neurons)
  NeuronTable neurons_;
};

}  // namespace noesis

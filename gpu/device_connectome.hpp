#pragma once
/// A synapse table in a device's memory, without slack.

#include <cstdint>
#include <span>
#include <vector>

#include "gpu/device.hpp"
#include "gpu/kernels/views.hpp"
#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis::NOESIS_GPU {

/// How rows stand in a table: in the order of DeviceTable, or each at its neuron's id.
enum class RowOrder { kByLength, kById };

/// Eight bytes a synapse, two more with delays, sixteen a row. Rows stand side by side until the
/// structure is changed here; they keep the room that pruning leaves, and a row that is full moves
/// to the end with twice the room, as in the host's table.
class DeviceConnectome {
 public:
  /// Copies a table of `num_rows` rows, which may have slack and holes. `steps` are the delays of
  /// its synapses, or null; the structure of a table with delays is for good.
  DeviceConnectome(const Device& device, const SynapseView& table, std::int64_t num_rows,
                   RowOrder order, const std::uint16_t* steps = nullptr);

  /// Takes the weights of a table of the same structure.
  void set_weights(const SynapseView& table);
  /// Brings them back into `weights`, of a table of the same structure.
  void fetch_weights(const SynapseView& table, float* weights) const;

  /// PlasticConnectome::prune_below(): removes synapses of |w| < least, then neurons that die of
  /// that. `dead` are those that were dead before, `is_safe` those that cannot die (num_rows each).
  Pruned prune(float least, std::span<const std::uint8_t> dead,
               std::span<const std::uint8_t> is_safe);
  /// Adds synapses that are not there, in any order.
  void insert(std::span<const Synapse> edges);
  /// Rows side by side, in new memory. @throws RunError where there is none.
  void compact();
  /// The rows one after the other.
  void fetch_rows(std::vector<std::int32_t>& counts, std::vector<std::int32_t>& sources,
                  std::vector<float>& weights) const;
  /// Places for synapses, slack included.
  std::int64_t capacity() const noexcept { return sources_.size(); }
  float* weights() noexcept { return weights_.data(); }
  /// Takes another table with as many rows.
  void assign(const SynapseView& table);

  DeviceTable view() const noexcept {
    return {rows_.data(), sources_.data(), weights_.data(), steps_.data()};
  }
  std::int64_t num_synapses() const noexcept { return num_synapses_; }

 private:
  /// Calls body(first row, last row, begin, count) for each stretch of rows side by side.
  template <class Body>
  void for_stretches(const Body& body) const;
  void make_room(std::int64_t size);

  const Device* device_;
  std::int64_t num_rows_;
  RowOrder order_;
  std::int64_t num_synapses_ = 0;
  std::vector<std::int64_t> begin_;  // (num_rows) where a neuron's synapses are on the device
  std::vector<std::int32_t> count_;  // (num_rows) how many
  std::vector<std::int32_t> room_;   // (num_rows) for how many
  std::vector<std::int32_t> place_;  // (num_rows) where the row is in rows_
  std::int64_t end_ = 0;             // of what rows have taken
  DeviceBuffer<DeviceRow> rows_;
  DeviceBuffer<std::int32_t> sources_;
  DeviceBuffer<float> weights_;
  DeviceBuffer<std::uint16_t> steps_;
};

/// Rows by ascending id in classes of powers of two of their length, the longest class first.
std::vector<std::int32_t> order_by_length(const std::int32_t* row_count, std::int64_t num_rows);

}  // namespace noesis::NOESIS_GPU

#pragma once
/// A synapse table in a device's memory, without slack.

#include <cstdint>
#include <vector>

#include "gpu/device.hpp"
#include "gpu/kernels/views.hpp"

namespace noesis::NOESIS_GPU {

/// How rows stand in a table: in the order of DeviceTable, or each at its neuron's id.
enum class RowOrder { kByLength, kById };

/// Eight bytes a synapse, sixteen a row.
class DeviceConnectome {
 public:
  /// Copies a table of `num_rows` rows, which may have slack and holes.
  DeviceConnectome(const Device& device, const SynapseView& table, std::int64_t num_rows,
                   RowOrder order);

  /// Takes the weights of a table of the same structure.
  void set_weights(const SynapseView& table);
  /// Brings them back into `weights`, of a table of the same structure.
  void fetch_weights(const SynapseView& table, float* weights) const;
  float* weights() noexcept { return weights_.data(); }
  /// Takes another table with as many rows.
  void assign(const SynapseView& table);

  DeviceTable view() const noexcept { return {rows_.data(), sources_.data(), weights_.data()}; }
  std::int64_t num_synapses() const noexcept { return num_synapses_; }

 private:
  const Device* device_;
  std::int64_t num_rows_;
  RowOrder order_;
  std::int64_t num_synapses_ = 0;
  std::vector<std::int64_t> begin_;  // (num_rows) where a neuron's synapses are on the device
  DeviceBuffer<DeviceRow> rows_;
  DeviceBuffer<std::int32_t> sources_;
  DeviceBuffer<float> weights_;
};

/// Rows by ascending id in classes of powers of two of their length, the longest class first.
std::vector<std::int32_t> order_by_length(const std::int32_t* row_count, std::int64_t num_rows);

}  // namespace noesis::NOESIS_GPU

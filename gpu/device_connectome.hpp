#pragma once
/// A synapse table in a device's memory, rows in order and without slack.

#include <cstdint>
#include <vector>

#include "gpu/device.hpp"
#include "gpu/kernels/views.hpp"

namespace noesis::NOESIS_GPU {

/// Eight bytes a synapse, sixteen a row.
class DeviceConnectome {
 public:
  /// Copies a table of `num_rows` rows, which may have slack and holes.
  DeviceConnectome(const Device& device, const SynapseView& table, std::int64_t num_rows);

  /// Takes the weights of a table of the same structure.
  void set_weights(const SynapseView& table);
  /// Takes another table with as many rows.
  void assign(const SynapseView& table);

  DeviceTable view() const noexcept;
  std::int64_t num_synapses() const noexcept { return num_synapses_; }

 private:
  const Device* device_;
  std::int64_t num_rows_;
  std::int64_t num_synapses_ = 0;
  std::vector<std::int64_t> host_begin_;  // (num_rows) where a row is on the device
  DeviceBuffer<std::int64_t> row_begin_;
  DeviceBuffer<std::int32_t> row_count_, order_, sources_;
  DeviceBuffer<float> weights_;
};

/// Rows by ascending id in classes of powers of two of their length, the longest class first.
std::vector<std::int32_t> order_by_length(const std::int32_t* row_count, std::int64_t num_rows);

}  // namespace noesis::NOESIS_GPU

#pragma once
/// What kernels are given: pointers into the memory of the device. Passed by value.

#include <cstdint>

#include "gpu/gpu_api.hpp"
#include "physics/kernels/kernels.hpp"

namespace noesis::NOESIS_GPU {

/// A row of a synapse table: where its synapses are, and whose inputs they are. Read at once.
struct alignas(16) DeviceRow {
  std::int64_t begin = 0;
  std::int32_t count = 0;
  std::int32_t neuron = 0;
};

/// A synapse table on the device. Its rows stand in the order in which they are worked on: the
/// longest first, by powers of two, so that no row is begun late that takes long; or by id. Null
/// where there is no table.
struct DeviceTable {
  const DeviceRow* rows = nullptr;        // (num_neurons)
  const std::int32_t* sources = nullptr;  // (num_synapses)
  const float* weights = nullptr;         // (num_synapses)
  const std::uint16_t* steps = nullptr;   // (num_synapses) conduction delay, or null
};

/// The tables of a batch: one that all share, or one a tile.
struct DeviceTables {
  DeviceTable shared;
  const DeviceTable* per_tile = nullptr;  // (num_tiles), or null

  NOESIS_HOST_DEVICE DeviceTable of(std::int64_t tile) const {
    return per_tile == nullptr ? shared : per_tile[tile];
  }
  bool any() const { return shared.rows != nullptr; }
};

/// What the surgeon has in force, [tile][neuron][lane] each; null where it has not.
template <class T>
struct InputsView {
  const T* drive = nullptr;
  const T* gain = nullptr;
  const T* transmits = nullptr;
  const T* moves = nullptr;
  const T* level = nullptr;
};

/// Noise of a step: `scale` times a normal number for each state variable; 0: none.
struct NoiseView {
  double scale = 0;
  std::int64_t step = 0;
  const std::uint64_t* seeds = nullptr;         // (num_envs)
  const std::int64_t* episode_start = nullptr;  // (num_envs)
};

/// The shape of a batch, as kernels use it.
struct BatchView {
  std::int64_t num_envs = 0;
  std::int64_t num_neurons = 0;
};

}  // namespace noesis::NOESIS_GPU

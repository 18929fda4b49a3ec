#pragma once
/// The state of a batch of brains, in tiles of environments.

#include <cstdint>

#include "core/aligned.hpp"
#include "core/error.hpp"
#include "core/math.hpp"

namespace noesis {

/// Environments in a tile: one cache line, so that a synapse touches one line for a whole tile.
template <Real T>
inline constexpr int kTileWidth = static_cast<int>(kCacheLine / sizeof(T));

/// Shape of a batch. A `shared` batch of B > 1 environments has tiles of kTileWidth lanes, the last
/// one padded; one environment, and every environment of a `per_env` batch, has a tile of its own.
struct BatchShape {
  std::int64_t num_envs = 1;
  int num_components = 1;  ///< state variables a neuron, e.g. 2 (E, I)
  std::int64_t num_neurons = 1;
  int tile_width = 1;  ///< 1 or kTileWidth

  std::int64_t num_tiles() const noexcept { return (num_envs + tile_width - 1) / tile_width; }
  /// Values in one component of one tile.
  std::int64_t plane_size() const noexcept { return num_neurons * tile_width; }
  std::int64_t tile_size() const noexcept { return plane_size() * num_components; }
  bool operator==(const BatchShape&) const = default;
};

/// Owns values[tile][component][neuron][lane], 64-byte aligned; lane = env % tile_width. Lanes past
/// the last environment hold zeros or harmless values and are never read by users.
template <Real T>
class State {
 public:
  State() = default;
  explicit State(BatchShape shape)
      : shape_(shape), values_(static_cast<std::size_t>(shape.num_tiles() * shape.tile_size())) {}

  const BatchShape& shape() const noexcept { return shape_; }
  std::int64_t size() const noexcept { return static_cast<std::int64_t>(values_.size()); }
  T* data() noexcept { return values_.data(); }
  const T* data() const noexcept { return values_.data(); }

  /// One component of one tile: (num_neurons x tile_width).
  T* plane(std::int64_t tile, int component) noexcept {
    return values_.data() + tile * shape_.tile_size() + component * shape_.plane_size();
  }
  const T* plane(std::int64_t tile, int component) const noexcept {
    return values_.data() + tile * shape_.tile_size() + component * shape_.plane_size();
  }

  /// Place of a value in data().
  std::int64_t index(std::int64_t env, int component, std::int64_t neuron) const noexcept {
    const bool is_alone = shape_.tile_width == 1;  // constants spare the division
    const std::int64_t tile = is_alone ? env : env / kTileWidth<T>;
    const std::int64_t lane = is_alone ? 0 : env % kTileWidth<T>;
    return tile * shape_.tile_size() + component * shape_.plane_size() +
           neuron * shape_.tile_width + lane;
  }
  T& at(std::int64_t env, int component, std::int64_t neuron) noexcept {
    return values_[static_cast<std::size_t>(index(env, component, neuron))];
  }
  T at(std::int64_t env, int component, std::int64_t neuron) const noexcept {
    return values_[static_cast<std::size_t>(index(env, component, neuron))];
  }

 private:
  BatchShape shape_{0, 0, 0, 1};
  AlignedVector<T> values_;
};

}  // namespace noesis

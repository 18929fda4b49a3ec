#pragma once
/// How high the outputs of a brain stand at one moment: what a rule or a monitor needs of them
/// every step, in an order of summation of its own, so that it can be taken where the outputs are:
/// output i belongs to lane i mod 32 of its chunk of 1024, a lane adds its own from first to last,
/// the lanes are added by halving, and the chunks from first to last. Pure and thread-safe.

#include <cstdint>
#include <span>

#include "core/math.hpp"

namespace noesis {

inline constexpr std::int64_t kLevelChunk = 1024;
inline constexpr int kLevelLanes = 32;

/// Above which an output counts as active, and as saturated.
struct LevelThresholds {
  double active = 1e-3;
  double saturated = 0.9;
};

/// Sums over outputs.
struct Levels {
  double sum = 0;
  double size_sum = 0;    ///< of |y|
  double square_sum = 0;  ///< of y^2
  double num_active = 0, num_saturated = 0;

  NOESIS_HOST_DEVICE void take(double y, const LevelThresholds& thresholds) {
    sum += y;
    size_sum += y < 0 ? -y : y;
    square_sum += y * y;
    num_active += y > thresholds.active ? 1 : 0;
    num_saturated += y > thresholds.saturated ? 1 : 0;
  }
  NOESIS_HOST_DEVICE void add(const Levels& other) {
    sum += other.sum;
    size_sum += other.size_sum;
    square_sum += other.square_sum;
    num_active += other.num_active;
    num_saturated += other.num_saturated;
  }

  bool operator==(const Levels&) const = default;
};

/// What they say of a brain of so many neurons.
struct LevelSummary {
  double mean_rate = 0;
  double unit_variance = 0;  ///< over neurons
  double active_fraction = 0, saturated_fraction = 0;
};
LevelSummary summarise(const Levels& levels, std::int64_t num_neurons);

template <Real T>
Levels levels_of(std::span<const T> outputs, const LevelThresholds& thresholds = {});

}  // namespace noesis

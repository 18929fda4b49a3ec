#include "physics/vitals/levels.hpp"

#include <algorithm>

namespace noesis {

LevelSummary summarise(const Levels& levels, std::int64_t num_neurons) {
  if (num_neurons == 0) return {};
  const auto n = static_cast<double>(num_neurons);
  const double mean = levels.sum / n;
  return {.mean_rate = mean,
          .unit_variance = std::max(levels.square_sum / n - mean * mean, 0.0),
          .active_fraction = levels.num_active / n,
          .saturated_fraction = levels.num_saturated / n};
}

template <Real T>
Levels levels_of(std::span<const T> outputs, const LevelThresholds& thresholds) {
  Levels all;
  for (std::size_t begin = 0; begin < outputs.size(); begin += kLevelChunk) {
    const std::size_t end = std::min<std::size_t>(begin + kLevelChunk, outputs.size());
    Levels lanes[kLevelLanes];
    for (std::size_t i = begin; i < end; ++i) {
      lanes[(i - begin) % kLevelLanes].take(static_cast<double>(outputs[i]), thresholds);
    }
    for (int half = kLevelLanes / 2; half > 0; half /= 2) {
      for (int lane = 0; lane < half; ++lane) lanes[lane].add(lanes[lane + half]);
    }
    all.add(lanes[0]);
  }
  return all;
}

template Levels levels_of(std::span<const float>, const LevelThresholds&);
template Levels levels_of(std::span<const double>, const LevelThresholds&);

}  // namespace noesis

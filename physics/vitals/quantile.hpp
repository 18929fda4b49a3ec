#pragma once
/// Quantiles of a small sample.

#include <algorithm>
#include <cmath>
#include <vector>

namespace noesis {

/// Quantile `fraction` in [0, 1] of a non-empty sample, by linear interpolation between order
/// statistics (the rule of numpy.quantile).
inline double quantile(std::vector<double> values, double fraction) {
  std::ranges::sort(values);
  const double position = fraction * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return std::lerp(values[below], values[above], position - static_cast<double>(below));
}

}  // namespace noesis

#include "physics/verdict/activity_window.hpp"

#include <cmath>

#include "physics/vitals/activity.hpp"
#include "physics/vitals/series.hpp"
#include "physics/vitals/synchrony.hpp"

namespace noesis {
namespace {

constexpr double kSaturatedLevel = 0.9;
constexpr double kActiveDeviation = 1e-3;

ActivityWindow watch(const std::vector<double>& levels, std::int64_t num_units) {
  const auto values = static_cast<std::int64_t>(levels.size());
  const SeriesView view{levels.data(), values / num_units, num_units, 1};
  const UnitMoments moments = unit_moments(view);
  const auto units = static_cast<double>(num_units);
  ActivityWindow window;
  for (std::size_t i = 0; i < moments.mean.size(); ++i) {
    const double deviation = std::sqrt(moments.variance[i]);
    window.mean_level += moments.mean[i] / units;
    window.unit_deviation += deviation / units;
    window.active_fraction += deviation > kActiveDeviation ? 1 / units : 0;
  }
  window.saturated_fraction = saturated_fraction(levels, kSaturatedLevel);
  window.synchrony = golomb_chi(view);
  const std::vector<double> mean = population_mean(view);
  window.population_deviation =
      std::sqrt(unit_moments({mean.data(), view.num_samples, 1, 1}).variance[0]);
  return window;
}

}  // namespace

std::vector<ActivityWindow> activity_windows(std::span<const double> series, std::int64_t num_units,
                                             double interval, std::span<const double> low,
                                             std::span<const double> high) {
  const auto units = static_cast<std::size_t>(num_units);
  const std::size_t size =
      static_cast<std::size_t>(std::llround(kActivityWindow / interval)) * units;
  std::vector<ActivityWindow> windows;
  std::vector<double> levels(size);
  for (std::size_t first = 0; first + size <= series.size(); first += size) {
    for (std::size_t k = 0; k < size; ++k) {
      const std::size_t i = k % units;
      levels[k] = (series[first + k] - low[i]) / (high[i] - low[i]);
    }
    windows.push_back(watch(levels, num_units));
  }
  return windows;
}

}  // namespace noesis

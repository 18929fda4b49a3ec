#pragma once
/// Time series of many units, as the vitals read them.

#include <cstdint>
#include <vector>

namespace noesis {

/// Below this mean variance a series counts as still: ratios of variances are defined as 0 there.
inline constexpr double kStillVariance = 1e-12;

/// Borrows samples of units at a fixed interval: (num_samples x num_units), row-major.
struct SeriesView {
  const double* data = nullptr;
  std::int64_t num_samples = 0;
  std::int64_t num_units = 0;
  double interval_ms = 1.0;  ///< time between two samples [ms]

  const double* sample(std::int64_t t) const noexcept { return data + t * num_units; }
  double at(std::int64_t t, std::int64_t unit) const noexcept { return data[t * num_units + unit]; }
  double sampling_rate_hz() const noexcept { return 1000.0 / interval_ms; }
};

/// @throws ConfigError when the series has no units, fewer than `min_samples` samples or no
/// positive interval, RunError naming sample and unit when a value is not finite.
void check_series(const SeriesView& series, std::int64_t min_samples);

/// Mean over units at each sample: (num_samples).
std::vector<double> population_mean(const SeriesView& series);

/// Mean and variance over time (divided by the number of samples) of each unit, in two passes.
struct UnitMoments {
  std::vector<double> mean;      ///< (num_units)
  std::vector<double> variance;  ///< (num_units)
};
UnitMoments unit_moments(const SeriesView& series);

}  // namespace noesis

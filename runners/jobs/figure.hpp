#pragma once
/// A figure over seeds.

#include <span>

namespace noesis {

/// A mean over seeds and its 95% bootstrap interval, [mean, low, high] in reports.
struct Figure {
  double mean = 0;
  double low = 0;
  double high = 0;
};

/// Percentile bootstrap over the values (Efron, Ann. Stat. 7, 1979), 2,000 resamples, always the
/// same ones. A value that is NaN makes the figure NaN. @throws InternalError without values.
Figure mean_interval(std::span<const double> values);

}  // namespace noesis

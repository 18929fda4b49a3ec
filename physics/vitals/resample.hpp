#pragma once
/// Change of the sampling rate by a ratio of whole numbers. Pure and thread-safe.

#include <cstdint>
#include <vector>

#include "physics/vitals/series.hpp"

namespace noesis {

/// The series at up / down times its sampling rate: (ceil(num_samples up / down) x num_units), the
/// first sample in place. Band-limited to the lower of the two Nyquist frequencies by the filter of
/// scipy.signal.resample_poly: a sinc of 10 zero crossings to each side under a Kaiser window of
/// beta 5; zeros are taken to lie beyond the ends, so remove the mean first.
/// @throws ConfigError unless 1 <= up, down <= 1000, and as check_series(series, 1).
std::vector<double> resample(const SeriesView& series, int up, int down);

}  // namespace noesis

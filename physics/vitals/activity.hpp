#pragma once
/// How much a brain does: level, variation, saturation and dimension of its activity. All functions
/// are pure and thread-safe.

#include <cstdint>
#include <span>

#include "physics/vitals/series.hpp"

namespace noesis {

struct ActivityOptions {
  double max_rate = 1.0;           ///< largest rate the model reaches, > 0
  double saturation_level = 0.9;   ///< a unit above this part of max_rate is saturated
  double active_deviation = 1e-3;  ///< a unit whose sd over time exceeds this is active [rate]
};

/// Over one window. Deviations divide by the number of samples.
struct Activity {
  double mean_rate = 0.0;             ///< M: over units and time
  double unit_deviation = 0.0;        ///< V: mean over units of the sd over time
  double active_fraction = 0.0;       ///< A: part of the units that are active
  double saturated_fraction = 0.0;    ///< Sat: part of all values above the saturation level
  double population_deviation = 0.0;  ///< sd over time of the mean over units
  double participation_ratio = 0.0;   ///< see participation_ratio()
};

/// @throws ConfigError for options out of range, and as check_series(series, 1).
Activity measure_activity(const SeriesView& series, const ActivityOptions& options = {});

/// Part of `rates` above `level`, for one sample. 0 for an empty span.
double saturated_fraction(std::span<const double> rates, double level);

/// Effective dimension (sum lambda)^2 / sum lambda^2 over the eigenvalues of the covariance,
/// between 1 and num_units (Gao et al., bioRxiv 214262); 0 below a mean variance of kStillVariance.
/// By the identity tr(C)^2 / tr(C^2), with the smaller of the covariance and the Gram matrix, so
/// that no more than min(num_samples, num_units)^2 values are kept. @throws as check_series(series,
/// 2).
double participation_ratio(const SeriesView& series);

}  // namespace noesis

#pragma once
/// How far the units of a brain move together. Pure and thread-safe.

#include "physics/vitals/series.hpp"

namespace noesis {

/// Kuramoto order R = < |mean over units of e^(i phi)| > over time, in [0, 1]; phi is the phase of
/// the analytic signal (Hilbert transform) of each unit's deviation from its mean. Only units whose
/// sd over time exceeds `active_deviation` count; 0 when there are none. N independent units give
/// about sqrt(pi / (4 N)). @throws as check_series(series, 2).
double kuramoto_order(const SeriesView& series, double active_deviation = 1e-3);

/// Golomb's chi^2 = Var(mean over units) / mean over units of Var (Golomb and Rinzel, Physica D 72,
/// 1994): 1 for identical units, about 1 / num_units for independent ones, 0 below a mean variance
/// of kStillVariance. @throws as check_series(series, 2).
double golomb_chi_squared(const SeriesView& series);

/// sqrt of golomb_chi_squared, in [0, 1]. @throws as it does.
double golomb_chi(const SeriesView& series);

}  // namespace noesis

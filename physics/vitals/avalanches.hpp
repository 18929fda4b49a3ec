#pragma once
/// Avalanches of an activity, and the exponents of their sizes and durations: p(S) ~ S^-tau,
/// p(D) ~ D^-alpha, mean S(D) ~ D^gamma (Beggs and Plenz, J. Neurosci. 23, 2003). Scaling holds
/// together with the crackling-noise relation gamma = (alpha - 1) / (tau - 1) (Sethna, Dahmen and
/// Myers, Nature 410, 2001; Friedman et al., Phys. Rev. Lett. 108, 2012); mean-field branching has
/// tau = 3/2, alpha = 2, gamma = 2. Exponents alone prove no criticality: sums of independent
/// noise, thresholded, have them too (Touboul and Destexhe, Phys. Rev. E 95, 2017). Pure and
/// thread-safe.

#include <cstdint>
#include <span>
#include <vector>

#include "physics/vitals/measured.hpp"
#include "physics/vitals/power_law.hpp"

namespace noesis {

/// In the order in which they happened.
struct Avalanches {
  std::vector<double> sizes;
  std::vector<double> durations;  ///< [bins]
};

/// Runs of bins above `threshold` between silent bins, that is, bins at or below it; runs that the
/// ends of the series cut are left out. The size is the sum of activity - threshold over the run:
/// for counts and threshold 0 the number of events, for a continuous signal the area above the
/// threshold, which keeps the exponents where the area above zero does not (Villegas et al., Phys.
/// Rev. E 100, 2019). @throws RunError when a value is not finite.
Avalanches find_avalanches(std::span<const double> activity, double threshold);

struct ScalingOptions {
  Range sizes;                                ///< of the fit of tau
  Range durations;                            ///< of the fits of alpha and gamma [bins]
  Support size_support = Support::kIntegers;  ///< kReals for rates
};

struct AvalancheScaling {
  PowerLaw size;                    ///< tau
  PowerLaw duration;                ///< alpha
  double scaling_exponent = 0.0;    ///< gamma: ln mean S on ln D, each D by its number
  double scaling_r_squared = 0.0;   ///< of that line; 0 if undefined
  double predicted_exponent = 0.0;  ///< (alpha - 1) / (tau - 1); not finite for tau = 1
  double crackling_error = 0.0;     ///< |gamma - (alpha - 1) / (tau - 1)|
};

/// Undefined where a power law is (see fit_power_law), or fewer than 3 durations occur in range.
/// @throws ConfigError as fit_power_law.
Measured<AvalancheScaling> avalanche_scaling(const Avalanches& avalanches,
                                             const ScalingOptions& options);

}  // namespace noesis

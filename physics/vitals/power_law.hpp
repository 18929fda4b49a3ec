#pragma once
/// Maximum likelihood of a power law between two cutoffs, p(x) ~ x^-exponent for low <= x <= high
/// (Clauset, Shalizi and Newman, SIAM Rev. 51, 2009; Deluca and Corral, Acta Geophys. 61, 2013).
/// The likelihood is that of an exponential family, so its maximum is where the expected ln x is
/// the mean ln x of the sample. Pure and thread-safe.

#include <cstdint>
#include <span>

#include "physics/vitals/measured.hpp"

namespace noesis {

/// Both ends belong to the range; low > 0.
struct Range {
  double low = 0.0;
  double high = 0.0;
};

enum class Support { kIntegers, kReals };

struct PowerLaw {
  double exponent = 0.0;
  double standard_error = 0.0;  ///< from the curvature of the likelihood
  double ks_distance = 0.0;     ///< largest distance of the two cumulative distributions, 0 to 1;
                                ///< about 1 / sqrt(num_values) where the values are a power law
  std::int64_t num_values = 0;  ///< how many values lie in the range
};

/// Values outside of the range are left out. With integers as support the range is narrowed to
/// whole numbers. Undefined for fewer than 50 values in the range, and where no exponent from -10
/// to 30 fits, as for values that are all equal to an end.
/// @throws ConfigError for a range that is empty, not positive or not finite, or holds more than
/// 10^7 integers.
Measured<PowerLaw> fit_power_law(std::span<const double> values, Range range, Support support);

}  // namespace noesis

#pragma once
/// Detrended fluctuation analysis (Peng et al., Phys. Rev. E 49, 1994): the root mean square F(n)
/// of the summed series about a straight line in each box of n samples grows as n^alpha. White
/// noise has alpha 1/2, 1/f noise 1, Brownian motion 3/2; for a density ~ 1 / f^chi it is
/// (chi + 1) / 2. Pure and thread-safe.

#include <cstdint>
#include <span>
#include <vector>

#include "physics/vitals/measured.hpp"

namespace noesis {

struct FluctuationOptions {
  /// Each >= 4, in rising order, at least 3 of them; empty: 20 from 16 to a 16th of the length,
  /// evenly spaced in the logarithm and rounded, without repetition.
  std::vector<std::int64_t> box_sizes;
};

struct Fluctuation {
  double exponent = 0.0;                ///< alpha: slope of log F on log n
  double r_squared = 0.0;               ///< of that line; 0 if undefined
  std::vector<std::int64_t> box_sizes;  ///< n [samples]
  std::vector<double> fluctuations;     ///< F(n) [unit of the series]
};

/// Boxes do not overlap and start at the first sample; what is left of the last box is not used.
/// Undefined for a series shorter than 1024 samples where no sizes are given, or than 4 of the
/// largest box where they are, and for one without fluctuations, such as a constant.
/// @throws ConfigError for box sizes out of range, RunError when a value is not finite.
Measured<Fluctuation> detrended_fluctuation(std::span<const double> series,
                                            const FluctuationOptions& options = {});

}  // namespace noesis

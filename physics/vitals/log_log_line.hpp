#pragma once
/// Straight line through logarithms, for scaling relations y ~ x^slope.

#include <span>

namespace noesis {

struct LogLogLine {
  double slope = 0.0;
  double r_squared = 0.0;  ///< 1 - residual / total sum of squares; 0 for a flat y
};

/// Weighted least squares of ln y on ln x; all values positive, at least two different x, and no
/// weights means equal ones. Pure and thread-safe.
LogLogLine fit_log_log_line(std::span<const double> x, std::span<const double> y,
                            std::span<const double> weights = {});

}  // namespace noesis

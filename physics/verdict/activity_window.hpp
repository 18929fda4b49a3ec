#pragma once
/// How alive a run looks, window by window. Pure and thread-safe.

#include <cstdint>
#include <span>
#include <vector>

namespace noesis {

inline constexpr double kActivityWindow = 100;  ///< [tau]

/// Activity over one window, in levels: x is at level (x - low) / (high - low) of its unit.
struct ActivityWindow {
  double mean_level = 0;            ///< M: over units and time
  double saturated_fraction = 0;    ///< Sat: part of all values above level .9
  double unit_deviation = 0;        ///< V: mean over units of the sd over time
  double active_fraction = 0;       ///< A: part of the units whose sd exceeds .001
  double synchrony = 0;             ///< Golomb's chi, see golomb_chi()
  double population_deviation = 0;  ///< sd over time of the mean over units
};

/// Consecutive windows of a finite series (num_samples x num_units); samples past the last whole
/// window are left out. `low` and `high` have one value a unit.
std::vector<ActivityWindow> activity_windows(std::span<const double> series, std::int64_t num_units,
                                             double interval, std::span<const double> low,
                                             std::span<const double> high);

}  // namespace noesis

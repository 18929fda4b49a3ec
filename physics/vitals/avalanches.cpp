#include "physics/vitals/avalanches.hpp"

#include <cmath>
#include <map>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "physics/vitals/log_log_line.hpp"
#include "physics/vitals/series.hpp"

namespace noesis {
namespace {

constexpr std::size_t kFewestDurations = 3;

/// ln mean S on ln D; empty for too few durations.
std::optional<LogLogLine> size_by_duration(const Avalanches& avalanches, Range range) {
  struct Group {
    double sizes = 0.0;
    double number = 0.0;
  };
  std::map<double, Group> groups;
  for (std::size_t i = 0; i < avalanches.durations.size(); ++i) {
    const double duration = avalanches.durations[i];
    if (!(duration >= range.low && duration <= range.high)) continue;
    groups[duration].sizes += avalanches.sizes[i];
    groups[duration].number += 1.0;
  }
  if (groups.size() < kFewestDurations) return std::nullopt;
  std::vector<double> durations;
  std::vector<double> mean_sizes;
  std::vector<double> weights;
  for (const auto& [duration, group] : groups) {
    durations.push_back(duration);
    mean_sizes.push_back(group.sizes / group.number);
    weights.push_back(group.number);
  }
  return fit_log_log_line(durations, mean_sizes, weights);
}

}  // namespace

Avalanches find_avalanches(std::span<const double> activity, double threshold) {
  Avalanches avalanches;
  if (activity.empty()) return avalanches;
  check_series({activity.data(), static_cast<std::int64_t>(activity.size()), 1}, 1);
  double size = 0.0;
  double duration = 0.0;
  bool begun = false;  // after a silent bin
  for (const double value : activity) {
    if (value > threshold) {
      size += value - threshold;
      duration += 1.0;
      continue;
    }
    if (begun && duration > 0.0) {
      avalanches.sizes.push_back(size);
      avalanches.durations.push_back(duration);
    }
    begun = true;
    size = 0.0;
    duration = 0.0;
  }
  return avalanches;
}

Measured<AvalancheScaling> avalanche_scaling(const Avalanches& avalanches,
                                             const ScalingOptions& options) {
  require(avalanches.sizes.size() == avalanches.durations.size(),
          "sizes and durations differ in number", "sizes", avalanches.sizes.size(),
          "one a duration");
  const auto size = fit_power_law(avalanches.sizes, options.sizes, options.size_support);
  if (!size) return Measured<AvalancheScaling>::undefined("sizes: " + size.reason());
  const auto duration = fit_power_law(avalanches.durations, options.durations, Support::kIntegers);
  if (!duration) return Measured<AvalancheScaling>::undefined("durations: " + duration.reason());
  AvalancheScaling scaling{*size, *duration};
  const std::optional<LogLogLine> line = size_by_duration(avalanches, options.durations);
  if (!line) return Measured<AvalancheScaling>::undefined("fewer than 3 durations in the range");
  scaling.scaling_exponent = line->slope;
  scaling.scaling_r_squared = line->r_squared;
  scaling.predicted_exponent = (duration->exponent - 1.0) / (size->exponent - 1.0);
  scaling.crackling_error = std::abs(scaling.scaling_exponent - scaling.predicted_exponent);
  return scaling;
}

}  // namespace noesis

#include "physics/vitals/series.hpp"

#include <cmath>
#include <string>

#include "core/error.hpp"

namespace noesis {

void check_series(const SeriesView& series, std::int64_t min_samples) {
  if (series.data == nullptr || series.num_units < 1) {
    throw ConfigError(
        {"series has no units", "series", std::to_string(series.num_units), ">= 1", ""});
  }
  if (series.num_samples < min_samples) {
    throw ConfigError({"series is too short", "series",
                       std::to_string(series.num_samples) + " samples",
                       ">= " + std::to_string(min_samples), "record longer"});
  }
  if (!(series.interval_ms > 0.0) || !std::isfinite(series.interval_ms)) {
    throw ConfigError({"sampling interval is not a positive number", "interval_ms",
                       std::to_string(series.interval_ms), "> 0", ""});
  }
  for (std::int64_t i = 0; i < series.num_samples * series.num_units; ++i) {
    if (std::isfinite(series.data[i])) continue;
    throw RunError({"value is not finite",
                    "sample " + std::to_string(i / series.num_units) + ", unit " +
                        std::to_string(i % series.num_units),
                    std::to_string(series.data[i]), "", ""});
  }
}

std::vector<double> population_mean(const SeriesView& series) {
  std::vector<double> mean(static_cast<std::size_t>(series.num_samples));
  for (std::int64_t t = 0; t < series.num_samples; ++t) {
    double sum = 0.0;
    for (std::int64_t unit = 0; unit < series.num_units; ++unit) sum += series.at(t, unit);
    mean[static_cast<std::size_t>(t)] = sum / static_cast<double>(series.num_units);
  }
  return mean;
}

UnitMoments unit_moments(const SeriesView& series) {
  const auto num_units = static_cast<std::size_t>(series.num_units);
  const double samples = static_cast<double>(series.num_samples);
  UnitMoments moments{std::vector<double>(num_units), std::vector<double>(num_units)};
  for (std::int64_t t = 0; t < series.num_samples; ++t) {
    const double* sample = series.sample(t);
    for (std::size_t unit = 0; unit < num_units; ++unit) moments.mean[unit] += sample[unit];
  }
  for (double& mean : moments.mean) mean /= samples;
  for (std::int64_t t = 0; t < series.num_samples; ++t) {
    const double* sample = series.sample(t);
    for (std::size_t unit = 0; unit < num_units; ++unit) {
      const double deviation = sample[unit] - moments.mean[unit];
      moments.variance[unit] += deviation * deviation;
    }
  }
  for (double& variance : moments.variance) variance /= samples;
  return moments;
}

}  // namespace noesis

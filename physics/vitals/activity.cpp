#include "physics/vitals/activity.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace noesis {
namespace {

void require_positive(double value, const char* where) {
  if (value > 0.0 && std::isfinite(value)) return;
  throw ConfigError({"not a positive number", where, std::to_string(value), "> 0", ""});
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// tr(C)^2 / tr(C^2), or 0 for a still series.
double ratio_of_traces(const SeriesView& series, const UnitMoments& moments) {
  if (mean(moments.variance) < kStillVariance) return 0.0;
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> samples(series.data, series.num_samples, series.num_units);
  const Eigen::Map<const Eigen::RowVectorXd> means(moments.mean.data(), series.num_units);
  const RowMajor centred = samples.rowwise() - means;
  Eigen::MatrixXd product;
  if (series.num_units <= series.num_samples) {
    product.noalias() = centred.transpose() * centred;
  } else {
    product.noalias() = centred * centred.transpose();
  }
  const double trace = product.trace();
  return trace * trace / product.squaredNorm();
}

}  // namespace

Activity measure_activity(const SeriesView& series, const ActivityOptions& options) {
  require_positive(options.max_rate, "max_rate");
  require_positive(options.saturation_level, "saturation_level");
  require_positive(options.active_deviation, "active_deviation");
  check_series(series, 1);

  const UnitMoments moments = unit_moments(series);
  Activity activity;
  activity.mean_rate = mean(moments.mean);
  const double num_units = static_cast<double>(series.num_units);
  for (const double variance : moments.variance) {
    const double deviation = std::sqrt(variance);
    activity.unit_deviation += deviation / num_units;
    if (deviation > options.active_deviation) activity.active_fraction += 1.0;
  }
  activity.active_fraction /= num_units;

  const auto num_values = static_cast<std::size_t>(series.num_samples * series.num_units);
  activity.saturated_fraction = saturated_fraction(std::span(series.data, num_values),
                                                   options.saturation_level * options.max_rate);
  const std::vector<double> population = population_mean(series);
  const SeriesView population_view{population.data(), series.num_samples, 1, series.interval_ms};
  activity.population_deviation = std::sqrt(unit_moments(population_view).variance[0]);
  activity.participation_ratio = ratio_of_traces(series, moments);
  return activity;
}

double saturated_fraction(std::span<const double> rates, double level) {
  if (rates.empty()) return 0.0;
  const auto above = std::ranges::count_if(rates, [level](double rate) { return rate > level; });
  return static_cast<double>(above) / static_cast<double>(rates.size());
}

double participation_ratio(const SeriesView& series) {
  check_series(series, 2);
  return ratio_of_traces(series, unit_moments(series));
}

}  // namespace noesis

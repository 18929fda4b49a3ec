#include "physics/vitals/synchrony.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numeric>
#include <vector>

#include "physics/vitals/fft.hpp"

namespace noesis {
namespace {

/// Analytic signal of real input: the spectrum without its negative frequencies, transformed back.
/// Scaled by n, which no phase minds.
class HilbertTransform {
 public:
  explicit HilbertTransform(std::int64_t length) : forward_(length), backward_(length) {}

  std::span<double> input() { return forward_.input(); }

  std::span<const std::complex<double>> transform() {
    forward_.execute();
    const std::size_t length = input().size();
    const auto half = forward_.output();
    const auto values = backward_.values();
    std::ranges::fill(values, std::complex<double>{});
    for (std::size_t k = 0; k < half.size(); ++k) {
      const bool own_mirror = k == 0 || 2 * k == length;
      values[k] = own_mirror ? half[k] : 2.0 * half[k];
    }
    backward_.execute();
    return values;
  }

 private:
  RealFft forward_;
  InverseFft backward_;
};

}  // namespace

double kuramoto_order(const SeriesView& series, double active_deviation) {
  check_series(series, 2);
  const UnitMoments moments = unit_moments(series);
  const auto num_samples = static_cast<std::size_t>(series.num_samples);
  HilbertTransform hilbert(series.num_samples);
  std::vector<std::complex<double>> sum(num_samples);
  double num_active = 0.0;
  for (std::int64_t unit = 0; unit < series.num_units; ++unit) {
    const auto u = static_cast<std::size_t>(unit);
    if (!(std::sqrt(moments.variance[u]) > active_deviation)) continue;
    num_active += 1.0;
    for (std::size_t t = 0; t < num_samples; ++t) {
      hilbert.input()[t] = series.at(static_cast<std::int64_t>(t), unit) - moments.mean[u];
    }
    const auto analytic = hilbert.transform();
    for (std::size_t t = 0; t < num_samples; ++t) {
      const double amplitude = std::abs(analytic[t]);
      if (amplitude > 0.0) sum[t] += analytic[t] / amplitude;
    }
  }
  if (num_active == 0.0) return 0.0;
  double order = 0.0;
  for (const std::complex<double>& value : sum) order += std::abs(value) / num_active;
  return order / static_cast<double>(num_samples);
}

double golomb_chi_squared(const SeriesView& series) {
  check_series(series, 2);
  const std::vector<double> variances = unit_moments(series).variance;
  const double mean_variance = std::accumulate(variances.begin(), variances.end(), 0.0) /
                               static_cast<double>(series.num_units);
  if (mean_variance < kStillVariance) return 0.0;
  const std::vector<double> population = population_mean(series);
  const SeriesView view{population.data(), series.num_samples, 1, series.interval_ms};
  return unit_moments(view).variance[0] / mean_variance;
}

double golomb_chi(const SeriesView& series) { return std::sqrt(golomb_chi_squared(series)); }

}  // namespace noesis

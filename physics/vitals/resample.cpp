#include "physics/vitals/resample.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/error.hpp"

namespace noesis {
namespace {

constexpr int kZeroCrossings = 10;
constexpr double kKaiserBeta = 5.0;
constexpr int kLargestFactor = 1000;

/// Modified Bessel function of order 0, by its series: std::cyl_bessel_i is not everywhere.
double bessel_i0(double x) {
  double sum = 1.0;
  double term = 1.0;
  for (double k = 1.0; term > 1e-17 * sum; k += 1.0) {
    term *= (0.5 * x / k) * (0.5 * x / k);
    sum += term;
  }
  return sum;
}

/// Taps at the rate up times that of the series, from -half to half, of sum `up`.
std::vector<double> low_pass(int up, int down) {
  const int factor = std::max(up, down);
  const int half = kZeroCrossings * factor;
  std::vector<double> taps;
  for (int i = -half; i <= half; ++i) {
    const double angle = std::numbers::pi * i / factor;
    const double sinc = i == 0 ? 1.0 : std::sin(angle) / angle;
    const double part = static_cast<double>(i) / half;
    taps.push_back(sinc * bessel_i0(kKaiserBeta * std::sqrt(1.0 - part * part)));
  }
  const double scale = up / std::accumulate(taps.begin(), taps.end(), 0.0);
  for (double& tap : taps) tap *= scale;
  return taps;
}

}  // namespace

std::vector<double> resample(const SeriesView& series, int up, int down) {
  require(up >= 1 && up <= kLargestFactor, "factor out of range", "up", up, "1 to 1000");
  require(down >= 1 && down <= kLargestFactor, "factor out of range", "down", down, "1 to 1000");
  check_series(series, 1);
  const int common = std::gcd(up, down);
  up /= common;
  down /= common;
  const std::vector<double> taps = low_pass(up, down);
  const auto half = static_cast<std::int64_t>(taps.size() / 2);
  const std::int64_t num_out = (series.num_samples * up + down - 1) / down;
  std::vector<double> result(static_cast<std::size_t>(num_out * series.num_units), 0.0);
  for (std::int64_t m = 0; m < num_out; ++m) {
    // Samples t with |m down - t up| <= half.
    const std::int64_t centre = m * down;
    const std::int64_t first = std::max<std::int64_t>(0, (centre - half + up - 1) / up);
    const std::int64_t last = std::min(series.num_samples - 1, (centre + half) / up);
    double* const out = result.data() + m * series.num_units;
    for (std::int64_t t = first; t <= last; ++t) {
      const double tap = taps[static_cast<std::size_t>(centre - t * up + half)];
      for (std::int64_t unit = 0; unit < series.num_units; ++unit) {
        out[unit] += tap * series.at(t, unit);
      }
    }
  }
  return result;
}

}  // namespace noesis

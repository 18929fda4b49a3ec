#include "tests/vitals/counts.hpp"

#include <cmath>

namespace noesis::test {
namespace {

/// Inversion of a unimodal distribution outwards from its mode. `rise(k)` is p(k + 1) / p(k).
template <typename Rise>
std::int64_t draw_from_mode(double uniform, std::int64_t mode, double density_at_mode, Rise rise) {
  std::int64_t low = mode;
  std::int64_t high = mode;
  double density_low = density_at_mode;
  double density_high = density_at_mode;
  uniform -= density_at_mode;
  if (uniform < 0.0) return mode;
  while (density_low > 0.0 || density_high > 0.0) {
    density_high *= rise(high);
    uniform -= density_high;
    ++high;
    if (uniform < 0.0) return high;
    if (low == 0) {
      density_low = 0.0;
      continue;
    }
    --low;
    density_low /= rise(low);
    uniform -= density_low;
    if (uniform < 0.0) return low;
  }
  return mode;  // what rounding left over
}

}  // namespace

std::int64_t poisson(RandomSequence& random, double mean) {
  if (!(mean > 0.0)) return 0;
  const auto mode = static_cast<std::int64_t>(mean);
  const double k = static_cast<double>(mode);
  const double density = std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0));
  return draw_from_mode(random.uniform(), mode, density,
                        [mean](std::int64_t at) { return mean / (static_cast<double>(at) + 1.0); });
}

std::int64_t binomial(RandomSequence& random, std::int64_t number, double probability) {
  if (number == 0 || probability <= 0.0) return 0;
  if (probability >= 1.0) return number;
  const double n = static_cast<double>(number);
  const auto mode = static_cast<std::int64_t>((n + 1.0) * probability);
  const double k = static_cast<double>(mode);
  const double density =
      std::exp(std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0) +
               k * std::log(probability) + (n - k) * std::log1p(-probability));
  const double odds = probability / (1.0 - probability);
  return draw_from_mode(random.uniform(), mode, density, [n, odds](std::int64_t at) {
    const double i = static_cast<double>(at);
    return (n - i) / (i + 1.0) * odds;
  });
}

std::vector<double> branching_process(std::int64_t num_bins, double ratio, double drive,
                                      double seen, std::uint64_t seed) {
  RandomSequence events(seed, Stream::kNoise, 0);
  RandomSequence sampling(seed, Stream::kNoise, 1);
  std::vector<double> counts;
  auto activity = static_cast<std::int64_t>(drive / (1.0 - ratio));
  for (std::int64_t t = 0; t < num_bins; ++t) {
    activity = poisson(events, ratio * static_cast<double>(activity) + drive);
    counts.push_back(static_cast<double>(binomial(sampling, activity, seen)));
  }
  return counts;
}

std::vector<double> avalanche_series(std::int64_t num_avalanches, double offspring, double max_size,
                                     std::int64_t max_duration, std::uint64_t seed) {
  RandomSequence random(seed, Stream::kNoise);
  std::vector<double> series = {0.0};
  for (std::int64_t i = 0; i < num_avalanches; ++i) {
    double active = 1.0;
    double size = 0.0;
    for (std::int64_t t = 0; active > 0.0 && !(size > max_size && t > max_duration); ++t) {
      series.push_back(active);
      size += active;
      active = static_cast<double>(poisson(random, offspring * active));
    }
    series.push_back(0.0);
  }
  return series;
}

}  // namespace noesis::test

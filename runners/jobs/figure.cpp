#include "runners/jobs/figure.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "physics/vitals/quantile.hpp"

namespace noesis {
namespace {

constexpr int kResamples = 2000;
constexpr std::uint64_t kSeed = 0;

}  // namespace

Figure mean_interval(std::span<const double> values) {
  ensure(!values.empty(), "values to take the mean of");
  const double count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (!std::isfinite(mean)) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    return {kNone, kNone, kNone};
  }
  RandomSequence random(kSeed, Stream::kResampling);
  std::vector<double> means;
  for (int r = 0; r < kResamples; ++r) {
    double sum = 0;
    for (std::size_t k = 0; k < values.size(); ++k) {
      sum +=
          values[std::min(static_cast<std::size_t>(random.uniform() * count), values.size() - 1)];
    }
    means.push_back(sum / count);
  }
  return {mean, quantile(means, 0.025), quantile(means, 0.975)};
}

}  // namespace noesis

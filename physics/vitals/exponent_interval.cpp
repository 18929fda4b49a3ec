#include "physics/vitals/exponent_interval.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "physics/vitals/quantile.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kMinSegments = 8;
constexpr int kMinResamples = 20;

}  // namespace

std::optional<Interval> bootstrap_exponent(const Spectra& segments, FrequencyBand band,
                                           const AperiodicOptions& options,
                                           const BootstrapOptions& bootstrap) {
  const std::int64_t n = segments.num_rows();
  require(n >= kMinSegments, "too few Welch segments to resample", "segments",
          static_cast<double>(n), ">= 8");
  require(bootstrap.num_resamples >= kMinResamples, "option out of range", "num_resamples",
          bootstrap.num_resamples, ">= 20");
  require(bootstrap.confidence > 0.0 && bootstrap.confidence < 1.0, "option out of range",
          "confidence", bootstrap.confidence, "in (0, 1)");
  const auto block = std::max<std::int64_t>(1, std::llround(std::cbrt(static_cast<double>(n))));
  RandomSequence random(bootstrap.seed, Stream::kResampling);
  std::vector<double> exponents;
  std::vector<double> mean(segments.frequencies_hz.size());
  for (int resample = 0; resample < bootstrap.num_resamples; ++resample) {
    std::ranges::fill(mean, 0.0);
    std::int64_t start = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      if (i % block == 0)
        start = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(n)));
      const std::span<const double> segment = segments.row((start + i % block) % n);
      for (std::size_t k = 0; k < mean.size(); ++k) mean[k] += segment[k] / static_cast<double>(n);
    }
    const auto fit = fit_aperiodic(segments.frequencies_hz, mean, band, options);
    if (!fit) return std::nullopt;
    exponents.push_back(fit->exponent);
  }
  const double tail = 0.5 * (1.0 - bootstrap.confidence);
  return Interval{quantile(exponents, tail), quantile(exponents, 1.0 - tail)};
}

}  // namespace noesis

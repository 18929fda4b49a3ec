#include "physics/vitals/irasa.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string>

#include "core/error.hpp"
#include "physics/vitals/quantile.hpp"
#include "physics/vitals/resample.hpp"
#include "physics/vitals/spectrum.hpp"

namespace noesis {
namespace {

constexpr int kParts = 20;  // h = numerator / 20
constexpr int kFirstNumerator = 22;
constexpr int kLastNumerator = 38;
static_assert(kLastNumerator == kIrasaLargestFactor * kParts);

void check_band(const SeriesView& series, std::int64_t segment_samples, FrequencyBand band) {
  require(segment_samples >= 2, "segment is too short", "segment_samples", segment_samples, ">= 2");
  const double lowest =
      kIrasaLargestFactor * series.sampling_rate_hz() / static_cast<double>(segment_samples);
  const double highest = 0.5 * series.sampling_rate_hz() / kIrasaLargestFactor;
  if (!(band.low_hz >= lowest)) {
    throw ConfigError({"band leaves the spectrum when it is resampled", "band.low_hz",
                       std::to_string(band.low_hz), ">= " + std::to_string(lowest),
                       "raise it, or take longer segments"});
  }
  if (!(band.high_hz <= highest)) {
    throw ConfigError({"band leaves the spectrum when it is resampled", "band.high_hz",
                       std::to_string(band.high_hz), "<= " + std::to_string(highest),
                       "lower it, or sample faster"});
  }
}

/// A copy without the mean of each unit, as resample() wants it.
std::vector<double> without_mean(const SeriesView& series, std::span<const double> mean) {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(series.num_samples * series.num_units));
  for (std::int64_t t = 0; t < series.num_samples; ++t) {
    for (std::int64_t unit = 0; unit < series.num_units; ++unit) {
      values.push_back(series.at(t, unit) - mean[static_cast<std::size_t>(unit)]);
    }
  }
  return values;
}

/// Welch spectrum of the resampled series, as it is at its own rate.
Spectra resampled_spectrum(const SeriesView& series, int up, int down, std::int64_t segment) {
  const std::vector<double> values = resample(series, up, down);
  return welch_mean({values.data(), static_cast<std::int64_t>(values.size()) / series.num_units,
                     series.num_units, series.interval_ms * down / up},
                    segment);
}

}  // namespace

Measured<Irasa> irasa(const SeriesView& series, std::int64_t segment_samples, FrequencyBand band) {
  check_series(series, 1);
  check_band(series, segment_samples, band);
  if (series.num_samples * kParts / kLastNumerator < segment_samples) {
    return Measured<Irasa>::undefined("series is shorter than 1.9 segments");
  }
  const auto powerless = Measured<Irasa>::undefined("series has no power in the band");
  const UnitMoments moments = unit_moments(series);
  if (std::ranges::max(moments.variance) < kStillVariance) return powerless;
  const std::vector<double> centred = without_mean(series, moments.mean);
  const SeriesView view{centred.data(), series.num_samples, series.num_units, series.interval_ms};
  const Spectra total = welch_mean(view, segment_samples);
  std::vector<std::size_t> bins;
  for (std::size_t k = 1; k < total.frequencies_hz.size(); ++k) {
    const double frequency = total.frequencies_hz[k];
    if (frequency >= band.low_hz && frequency <= band.high_hz) bins.push_back(k);
  }
  // Bin k of the series at h times its rate lies at h f_k, and of that at 1/h times it at f_k / h.
  std::vector<std::vector<double>> means(bins.size());
  for (int numerator = kFirstNumerator; numerator <= kLastNumerator; ++numerator) {
    const Spectra above = resampled_spectrum(view, numerator, kParts, segment_samples);
    const Spectra below = resampled_spectrum(view, kParts, numerator, segment_samples);
    for (std::size_t i = 0; i < bins.size(); ++i) {
      means[i].push_back(std::sqrt(above.density[bins[i]] * below.density[bins[i]]));
    }
  }
  Irasa result;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    result.frequencies_hz.push_back(total.frequencies_hz[bins[i]]);
    result.total.push_back(total.density[bins[i]]);
    result.aperiodic.push_back(quantile(std::move(means[i]), 0.5));
  }
  const std::optional<AperiodicFit> fit =
      fit_log_log(result.frequencies_hz, result.aperiodic, band);
  if (!fit) return powerless;
  result.exponent = fit->exponent;
  result.r_squared = fit->r_squared;
  return result;
}

}  // namespace noesis

#include "runners/vitals_summary.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "physics/vitals/activity.hpp"
#include "physics/vitals/aperiodic.hpp"
#include "physics/vitals/spectrum.hpp"
#include "physics/vitals/synchrony.hpp"
#include "runners/mean_rate_summary.hpp"

namespace noesis {

namespace {

constexpr std::int64_t kFewestSamples = 16;

FrequencyBand fit_band(const SeriesView& rates, const VitalsSpec& spec) {
  return {spec.band_low_hz, std::min(spec.band_high_hz, 0.4 * rates.sampling_rate_hz())};
}

nlohmann::ordered_json fit_summary(const Spectra& mean, FrequencyBand band, AperiodicMode mode) {
  const auto fit = fit_aperiodic(mean.frequencies_hz, mean.row(0), band, {.mode = mode});
  if (!fit) return nullptr;
  return {{"exponent", fit->exponent},
          {"offset", fit->offset},
          {"knee_hz", fit->knee_frequency_hz()},
          {"r_squared", fit->r_squared},
          {"num_peaks", fit->peaks.size()}};
}

}  // namespace

std::optional<Spectra> measure_spectrum(const SeriesView& rates, const VitalsSpec& spec) {
  if (rates.num_samples < kFewestSamples) return std::nullopt;
  // Segments of at least two periods of the lowest frequency, where the recording is that long.
  const double period_samples = rates.sampling_rate_hz() / spec.band_low_hz;
  const auto wanted = static_cast<std::uint64_t>(std::clamp(2 * period_samples, 16.0, 65536.0));
  const auto available = static_cast<std::uint64_t>(rates.num_samples);
  const auto segment =
      static_cast<std::int64_t>(std::min(std::bit_ceil(wanted), std::bit_floor(available)));
  const FrequencyBand band = fit_band(rates, spec);
  const double bins =
      (band.high_hz - band.low_hz) * static_cast<double>(segment) / rates.sampling_rate_hz();
  if (bins < 8) return std::nullopt;
  return welch_mean(rates, segment);
}

nlohmann::ordered_json summarise_vitals(const SeriesView& rates,
                                        const std::optional<Spectra>& spectrum,
                                        const VitalsSpec& spec, bool are_rates) {
  if (rates.num_samples < kFewestSamples) return nullptr;
  const Activity activity = measure_activity(rates);
  const bool moves = activity.active_fraction > 0;
  const auto where = [](bool holds, double value) -> nlohmann::ordered_json {
    if (!holds) return nullptr;
    return value;
  };
  nlohmann::ordered_json result = {
      {"mean_rate", activity.mean_rate},
      {"unit_deviation", activity.unit_deviation},
      {"active_fraction", activity.active_fraction},
      {"saturated_fraction", where(are_rates, activity.saturated_fraction)},
      {"population_deviation", activity.population_deviation},
      {"participation_ratio", where(moves, activity.participation_ratio)},
      {"kuramoto_order", where(moves, kuramoto_order(rates))},
      {"golomb_chi", where(moves, golomb_chi(rates))},
      {"spectrum", nullptr},
  };
  if (spectrum && moves) {
    const FrequencyBand band = fit_band(rates, spec);
    result["spectrum"] = {{"band_hz", {band.low_hz, band.high_hz}},
                          {"fixed", fit_summary(*spectrum, band, AperiodicMode::kFixed)},
                          {"knee", fit_summary(*spectrum, band, AperiodicMode::kKnee)}};
  }
  result.update(summarise_mean_rate(rates, spec));
  return result;
}

}  // namespace noesis

#include "runners/mean_rate_summary.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "physics/vitals/avalanches.hpp"
#include "physics/vitals/branching.hpp"
#include "physics/vitals/fluctuation.hpp"
#include "physics/vitals/irasa.hpp"
#include "physics/vitals/quantile.hpp"

namespace noesis {

namespace {

using Json = nlohmann::ordered_json;

Json undefined(const std::string& reason) { return {{"undefined", reason}}; }

Json summarise_branching(const SeriesView& rate) {
  const auto branching = branching_ratio(rate);
  if (!branching) return undefined(branching.reason());
  return {{"ratio", branching->ratio},
          {"tau_ms", branching->tau_bins * rate.interval_ms},
          {"amplitude", branching->amplitude},
          {"naive_ratio", branching->naive_ratio},
          {"r_squared", branching->r_squared}};
}

/// From the median to the largest; empty where they are equal.
std::optional<Range> upper_half(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const Range range{quantile(values, 0.5), std::ranges::max(values)};
  return range.low < range.high ? std::optional(range) : std::nullopt;
}

Json summarise_avalanches(const SeriesView& rate) {
  const std::vector<double> values(rate.data, rate.data + rate.num_samples);
  const double threshold = quantile(values, 0.5);
  const Avalanches avalanches = find_avalanches(values, threshold);
  const std::optional<Range> sizes = upper_half(avalanches.sizes);
  const std::optional<Range> durations = upper_half(avalanches.durations);
  if (!sizes || !durations) return undefined("avalanches do not differ in size or duration");
  const auto scaling = avalanche_scaling(
      avalanches, {.sizes = *sizes, .durations = *durations, .size_support = Support::kReals});
  if (!scaling) return undefined(scaling.reason());
  const double interval_ms = rate.interval_ms;
  return {{"threshold", threshold},
          {"num_avalanches", avalanches.sizes.size()},
          {"size_exponent", scaling->size.exponent},
          {"size_standard_error", scaling->size.standard_error},
          {"size_ks_distance", scaling->size.ks_distance},
          {"size_range", {sizes->low, sizes->high}},
          {"duration_exponent", scaling->duration.exponent},
          {"duration_standard_error", scaling->duration.standard_error},
          {"duration_ks_distance", scaling->duration.ks_distance},
          {"duration_range_ms", {durations->low * interval_ms, durations->high * interval_ms}},
          {"scaling_exponent", scaling->scaling_exponent},
          {"scaling_r_squared", scaling->scaling_r_squared},
          {"predicted_exponent", scaling->predicted_exponent},
          {"crackling_error", scaling->crackling_error}};
}

Json summarise_fluctuation(const SeriesView& rate) {
  const auto fluctuation =
      detrended_fluctuation(std::span(rate.data, static_cast<std::size_t>(rate.num_samples)));
  if (!fluctuation) return undefined(fluctuation.reason());
  return {{"exponent", fluctuation->exponent},
          {"r_squared", fluctuation->r_squared},
          {"box_range_ms",
           {static_cast<double>(fluctuation->box_sizes.front()) * rate.interval_ms,
            static_cast<double>(fluctuation->box_sizes.back()) * rate.interval_ms}}};
}

/// Segments of two periods of the lowest frequency, in the part of the band that resampling keeps.
Json summarise_irasa(const SeriesView& rate, const VitalsSpec& spec) {
  const double segment = std::ceil(2 * rate.sampling_rate_hz() / spec.band_low_hz);
  if (segment * kIrasaLargestFactor > static_cast<double>(rate.num_samples)) {
    return undefined("shorter than 3.8 periods of band_low_hz");
  }
  const double highest = 0.5 * rate.sampling_rate_hz() / kIrasaLargestFactor;
  const FrequencyBand band{spec.band_low_hz, std::min(spec.band_high_hz, highest)};
  if ((band.high_hz - band.low_hz) * segment / rate.sampling_rate_hz() < 8) {
    return undefined("band has fewer than 8 frequency bins");
  }
  const auto parts = irasa(rate, static_cast<std::int64_t>(segment), band);
  if (!parts) return undefined(parts.reason());
  return {{"band_hz", {band.low_hz, band.high_hz}},
          {"exponent", parts->exponent},
          {"r_squared", parts->r_squared}};
}

}  // namespace

Json summarise_mean_rate(const SeriesView& rates, const VitalsSpec& spec) {
  const std::vector<double> mean = population_mean(rates);
  const SeriesView rate{mean.data(), rates.num_samples, 1, rates.interval_ms};
  Json result = Json::object();
  if (spec.branching) result["branching"] = summarise_branching(rate);
  if (spec.avalanches) result["avalanches"] = summarise_avalanches(rate);
  if (spec.dfa) result["dfa"] = summarise_fluctuation(rate);
  if (spec.irasa) result["irasa"] = summarise_irasa(rate, spec);
  return result;
}

}  // namespace noesis

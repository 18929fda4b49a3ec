#include "runners/loop/plots.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kRasterSamples = 400;
constexpr std::int64_t kRasterUnits = 60;
constexpr std::int64_t kAttractorPoints = 2000;
constexpr std::int64_t kPlotAxes = 3;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

Json optional_number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

}  // namespace

Json plot_number(double value) {
  if (!std::isfinite(value)) return nullptr;
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return std::strtod(text, nullptr);
}

Json plot_numbers(std::span<const double> values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(plot_number(value));
  return list;
}

Json raster_plot(std::span<const double> series, std::int64_t num_units, double interval) {
  const std::int64_t samples =
      std::min(kRasterSamples, static_cast<std::int64_t>(series.size()) / num_units);
  const std::int64_t units = std::min(kRasterUnits, num_units);
  Json time = Json::array(), rate = Json::array();
  for (std::int64_t t = 0; t < samples; ++t) {
    time.push_back(plot_number(static_cast<double>(t) * interval));
  }
  for (std::int64_t k = 0; k < units; ++k) {
    const std::int64_t unit = k * num_units / units;
    Json row = Json::array();
    for (std::int64_t t = 0; t < samples; ++t) {
      row.push_back(plot_number(series[at(t * num_units + unit)]));
    }
    rate.push_back(std::move(row));
  }
  return {{"time_tau", time}, {"rate", rate}};
}

Json attractor_plot(std::span<const double> series, const VerdictReference& reference) {
  const std::int64_t units = reference.num_units;
  const std::int64_t axes = std::min(kPlotAxes, reference.num_axes);
  const std::int64_t samples =
      std::min(kAttractorPoints, static_cast<std::int64_t>(series.size()) / units);
  Json names = Json::array(), points = Json::array();
  const bool principal = units > axes;
  for (std::int64_t a = 0; a < axes; ++a) {
    names.push_back((principal ? "PC" : "unit ") + std::to_string(a + 1));
  }
  for (std::int64_t t = 0; t < samples; ++t) {
    Json point = Json::array();
    for (std::int64_t a = 0; a < axes; ++a) {
      double sum = 0;
      for (std::int64_t i = 0; i < units; ++i) {
        sum += reference.axes[at(a * units + i)] *
               (series[at(t * units + i)] - reference.centre[at(i)]);
      }
      point.push_back(plot_number(sum));
    }
    points.push_back(std::move(point));
  }
  return {{"axes", names}, {"points", points}};
}

Json spectrum_plot(std::span<const double> frequencies, std::span<const double> density) {
  // The mean of a series was removed: there is nothing at frequency 0.
  return {{"frequency", plot_numbers(frequencies.subspan(frequencies.empty() ? 0 : 1))},
          {"density", plot_numbers(density.subspan(density.empty() ? 0 : 1))}};
}

Json subject_plot(const VerdictReference& reference) {
  Json psd = spectrum_plot(reference.frequencies, reference.mean_density);
  Json fits = Json::array();
  const auto bands = fit_bands(reference.frequencies, reference.mean_density);
  for (std::size_t b = 0; b < kNumBands; ++b) {
    if (!bands[b]) continue;
    fits.push_back({{"low", kVerdictBands[b].low_hz},
                    {"high", kVerdictBands[b].high_hz},
                    {"exponent", plot_number(bands[b]->exponent)},
                    {"intercept", plot_number(bands[b]->offset)}});
  }
  psd["fits"] = fits;
  return {{"kind", "subject"},
          {"subject", reference.subject},
          {"raster", raster_plot(reference.recording, reference.num_units, reference.interval)},
          {"psd", psd},
          {"attractor", attractor_plot(reference.recording, reference)},
          {"null_d_h", plot_numbers(reference.null_d_h)},
          {"null_d_del", plot_numbers(reference.null_d_del)}};
}

Json evidence_plot(const Evidence& evidence, const VerdictReference& reference) {
  Json plot = {{"raster", raster_plot(evidence.series, reference.num_units, reference.interval)},
               {"attractor", attractor_plot(evidence.series, reference)}};
  if (!evidence.mean_density.empty()) {
    plot["psd"] = spectrum_plot(reference.frequencies, evidence.mean_density);
  }
  return plot;
}

Json criteria_record(const Verdict& verdict) {
  Json list = Json::array();
  for (const Criterion& criterion : verdict.criteria) {
    Json entry = {{"name", criterion.name},
                  {"value", optional_number(criterion.value)},
                  {"threshold", criterion.high ? Json(*criterion.high) : Json(nullptr)},
                  {"low", criterion.low ? Json(*criterion.low) : Json(nullptr)},
                  {"high", criterion.high ? Json(*criterion.high) : Json(nullptr)},
                  {"outcome", outcome_name(criterion.outcome)},
                  {"decides", criterion.decides}};
    if (!criterion.high && criterion.low) entry["threshold"] = *criterion.low;
    if (!criterion.text.empty()) entry["text"] = criterion.text;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace noesis

#include "physics/vitals/spectrum.hpp"

#include <cmath>
#include <complex>
#include <numbers>
#include <string>

#include "core/error.hpp"
#include "physics/vitals/fft.hpp"

namespace noesis {
namespace {

std::int64_t segment_step(std::int64_t segment_samples) {
  return segment_samples - segment_samples / 2;
}

/// The windowed one-sided periodogram of segments of one length.
class Periodogram {
 public:
  Periodogram(std::int64_t length, double sampling_rate_hz)
      : fft_(length), window_(static_cast<std::size_t>(length)) {
    double squares = 0.0;
    for (std::size_t t = 0; t < window_.size(); ++t) {
      const double turns = static_cast<double>(t) / static_cast<double>(length);
      window_[t] = 0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * turns);
      squares += window_[t] * window_[t];
    }
    scale_ = 1.0 / (sampling_rate_hz * squares);
  }

  /// Adds the density of the segment of `unit` that begins at `start` to `density`.
  void add(const SeriesView& series, std::int64_t unit, std::int64_t start,
           std::span<double> density) {
    const std::size_t length = window_.size();
    double mean = 0.0;
    for (std::size_t t = 0; t < length; ++t) {
      mean += series.at(start + static_cast<std::int64_t>(t), unit);
    }
    mean /= static_cast<double>(length);
    for (std::size_t t = 0; t < length; ++t) {
      const double value = series.at(start + static_cast<std::int64_t>(t), unit);
      fft_.input()[t] = window_[t] * (value - mean);
    }
    fft_.execute();
    for (std::size_t k = 0; k < density.size(); ++k) {
      const bool own_mirror = k == 0 || 2 * k == length;
      density[k] += std::norm(fft_.output()[k]) * scale_ * (own_mirror ? 1.0 : 2.0);
    }
  }

 private:
  RealFft fft_;
  std::vector<double> window_;
  double scale_ = 0.0;
};

enum class Rows { kUnit, kSegment, kOne };

Spectra welch(const SeriesView& series, std::int64_t segment_samples, Rows rows) {
  if (segment_samples < 2) {
    throw ConfigError(
        {"segment is too short", "segment_samples", std::to_string(segment_samples), ">= 2", ""});
  }
  check_series(series, segment_samples);
  const std::int64_t num_segments = num_welch_segments(series.num_samples, segment_samples);
  const auto num_bins = static_cast<std::size_t>(segment_samples / 2 + 1);

  Spectra spectra;
  for (std::size_t k = 0; k < num_bins; ++k) {
    spectra.frequencies_hz.push_back(static_cast<double>(k) * series.sampling_rate_hz() /
                                     static_cast<double>(segment_samples));
  }
  const std::int64_t num_rows = rows == Rows::kUnit      ? series.num_units
                                : rows == Rows::kSegment ? num_segments
                                                         : 1;
  spectra.density.assign(static_cast<std::size_t>(num_rows) * num_bins, 0.0);
  Periodogram periodogram(segment_samples, series.sampling_rate_hz());
  for (std::int64_t unit = 0; unit < series.num_units; ++unit) {
    for (std::int64_t segment = 0; segment < num_segments; ++segment) {
      const std::int64_t row = rows == Rows::kUnit ? unit : rows == Rows::kSegment ? segment : 0;
      const auto first = static_cast<std::size_t>(row) * num_bins;
      periodogram.add(series, unit, segment * segment_step(segment_samples),
                      std::span(spectra.density).subspan(first, num_bins));
    }
  }
  const double terms = static_cast<double>(series.num_units * num_segments / num_rows);
  for (double& density : spectra.density) density /= terms;
  return spectra;
}

}  // namespace

std::int64_t num_welch_segments(std::int64_t num_samples, std::int64_t segment_samples) {
  if (num_samples < segment_samples) return 0;
  return (num_samples - segment_samples) / segment_step(segment_samples) + 1;
}

Spectra welch_per_unit(const SeriesView& series, std::int64_t segment_samples) {
  return welch(series, segment_samples, Rows::kUnit);
}

Spectra welch_per_segment(const SeriesView& series, std::int64_t segment_samples) {
  return welch(series, segment_samples, Rows::kSegment);
}

Spectra welch_mean(const SeriesView& series, std::int64_t segment_samples) {
  return welch(series, segment_samples, Rows::kOne);
}

}  // namespace noesis

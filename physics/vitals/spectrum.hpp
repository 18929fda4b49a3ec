#pragma once
/// Power spectral densities by Welch's method: periodic Hann window, half-overlapping segments,
/// each with its mean removed, one-sided density. The same estimate as scipy.signal.welch(x, fs,
/// "hann", nperseg, nperseg // 2, detrend="constant", scaling="density") (Welch, IEEE Trans. Audio
/// Electroacoust. 15, 1967). Pure and thread-safe.

#include <cstdint>
#include <span>
#include <vector>

#include "physics/vitals/series.hpp"

namespace noesis {

/// Densities over one axis of frequencies.
struct Spectra {
  std::vector<double> frequencies_hz;  ///< (num_bins), from 0 to half the sampling rate
  std::vector<double> density;         ///< (num_rows x num_bins), row-major [unit^2 / Hz]

  std::int64_t num_bins() const noexcept {
    return static_cast<std::int64_t>(frequencies_hz.size());
  }
  std::int64_t num_rows() const noexcept {
    return frequencies_hz.empty() ? 0 : static_cast<std::int64_t>(density.size()) / num_bins();
  }
  std::span<const double> row(std::int64_t i) const {
    return std::span(density).subspan(static_cast<std::size_t>(i * num_bins()),
                                      frequencies_hz.size());
  }
};

/// Number of Welch segments in `num_samples` samples.
std::int64_t num_welch_segments(std::int64_t num_samples, std::int64_t segment_samples);

/// One row a unit: mean over segments. `segment_samples` (nperseg) is at least 2 and at most the
/// length of the series; the resolution is the sampling rate over it. @throws ConfigError outside
/// of that, and as check_series.
Spectra welch_per_unit(const SeriesView& series, std::int64_t segment_samples);

/// One row a segment: mean over units, for resampling of segments. @throws as welch_per_unit.
Spectra welch_per_segment(const SeriesView& series, std::int64_t segment_samples);

/// One row: mean over units and segments. @throws as welch_per_unit.
Spectra welch_mean(const SeriesView& series, std::int64_t segment_samples);

}  // namespace noesis

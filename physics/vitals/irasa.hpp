#pragma once
/// Aperiodic part of a spectrum by irregular resampling (IRASA; Wen and Liu, Brain Topogr. 29,
/// 2016): resampled by h and by 1/h, a power law keeps sqrt(S(h f) S(f / h)) = S(f) while a peak
/// moves away, so the median over h = 1.1, 1.15 .. 1.9 has no peaks. What bends has no such
/// symmetry: a knee is smeared and not to be read off. Pure and thread-safe.

#include <cstdint>
#include <vector>

#include "physics/vitals/aperiodic.hpp"
#include "physics/vitals/measured.hpp"
#include "physics/vitals/series.hpp"

namespace noesis {

inline constexpr double kIrasaLargestFactor = 1.9;

struct Irasa {
  std::vector<double> frequencies_hz;  ///< (num_bins) those of the band
  std::vector<double> aperiodic;       ///< (num_bins) S_ap, mean over units [unit^2 / Hz]
  std::vector<double> total;           ///< (num_bins) Welch density; total - S_ap is periodic
  double exponent = 0.0;               ///< chi of S_ap ~ 1 / f^chi: log-log line over the band
  double r_squared = 0.0;              ///< of that line; 0 if undefined
};

/// Welch spectra of `segment_samples` (spectrum.hpp) of the resampled series. Undefined where the
/// series, shortened by 1.9, has no whole segment, or has no power in the band.
/// @throws ConfigError when band.low_hz / 1.9 is below the resolution or band.high_hz * 1.9 above
/// half the sampling rate, when the band has fewer than 5 frequencies, and as check_series(series,
/// 1).
Measured<Irasa> irasa(const SeriesView& series, std::int64_t segment_samples, FrequencyBand band);

}  // namespace noesis

#pragma once
/// The aperiodic ("1/f") part of a power spectrum: log10 S(f) = b - log10(k + f^chi) + peaks, by
/// the algorithm of specparam, formerly FOOOF (Donoghue et al., Nat. Neurosci. 23, 2020). A fixed
/// fit has k = 0. A spectrum with a knee passes for a power law of a lower exponent in a fixed fit,
/// so compare both. Pure and thread-safe.

#include <optional>
#include <span>
#include <vector>

#include "physics/vitals/spectrum.hpp"

namespace noesis {

/// low <= f <= high; f = 0 never belongs to a band.
struct FrequencyBand {
  double low_hz = 1.0;
  double high_hz = 100.0;
};

enum class AperiodicMode { kFixed, kKnee };

struct AperiodicOptions {
  AperiodicMode mode = AperiodicMode::kFixed;
  int max_peaks = 6;             ///< 0: no search for peaks
  double min_peak_height = 0.1;  ///< [log10 power]
  double peak_threshold = 2.0;   ///< [sd of the flattened spectrum]
  double min_peak_width_hz = 0.5;
  double max_peak_width_hz = 12.0;
};

/// A Gaussian bump on the log spectrum.
struct SpectralPeak {
  double centre_hz = 0.0;
  double height = 0.0;    ///< [log10 power]
  double width_hz = 0.0;  ///< two standard deviations
};

struct AperiodicFit {
  double offset = 0.0;          ///< b [log10 power]
  double exponent = 0.0;        ///< chi
  double knee = 0.0;            ///< k >= 0 [Hz^chi]; 0 in a fixed fit
  double r_squared = 0.0;       ///< squared correlation of log spectrum and model; 0 if undefined
  double mean_abs_error = 0.0;  ///< [log10 power]
  std::vector<SpectralPeak> peaks;  ///< by frequency

  /// f_k = k^(1 / chi), where the spectrum bends; 0 without a knee.
  double knee_frequency_hz() const;
};

/// Fit over a band. Empty where the density is not positive throughout the band: there is no
/// spectrum.
/// @throws ConfigError when the band has fewer than 5 frequencies, the arrays differ in length, or
/// an option is out of range.
std::optional<AperiodicFit> fit_aperiodic(std::span<const double> frequencies_hz,
                                          std::span<const double> density, FrequencyBand band,
                                          const AperiodicOptions& options = {});

/// Ordinary least squares of log10 S on log10 f: the fixed fit with neither robust step nor peaks.
/// Empty and @throws as fit_aperiodic.
std::optional<AperiodicFit> fit_log_log(std::span<const double> frequencies_hz,
                                        std::span<const double> density, FrequencyBand band);

}  // namespace noesis

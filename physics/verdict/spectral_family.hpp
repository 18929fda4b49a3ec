#pragma once
/// What kind of spectrum a process has, in units of its tau. Pure and thread-safe.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "physics/vitals/aperiodic.hpp"
#include "physics/vitals/series.hpp"

namespace noesis {

inline constexpr std::int64_t kVerdictSegment = 512;  ///< samples of a Welch segment
inline constexpr std::size_t kNumBands = 3;

/// [cycles per tau]
inline constexpr std::array<FrequencyBand, kNumBands> kVerdictBands = {
    {{0.02, 0.12}, {0.3, 1.0}, {1.0, 2.0}}};
inline constexpr FrequencyBand kFamilyBand = {0.3, 2.0};

/// A series of a process, with "Hz" meaning cycles per tau: (num_samples x num_units).
/// @throws InternalError when `values` is no whole number of samples.
SeriesView tau_series(std::span<const double> values, std::int64_t num_units, double interval);

/// Fits of each band on a mean density by ordinary least squares; empty where there is no spectrum.
std::array<std::optional<AperiodicFit>, kNumBands> fit_bands(std::span<const double> frequencies,
                                                             std::span<const double> density);

/// log10 S(f) = b | b - chi log10 f | b - f / f0 | b - log10(k + f^chi).
enum class SpectralFamily { kConstant, kPower, kExponential, kKnee };
std::string_view family_name(SpectralFamily family);

/// The family of the lowest AIC = n ln(RSS / n) + 2 p over kFamilyBand, with p = 1, 2, 2, 3
/// parameters (Akaike, IEEE Trans. Autom. Control 19, 1974). Empty where there is no spectrum.
std::optional<SpectralFamily> best_family(std::span<const double> frequencies,
                                          std::span<const double> density);

}  // namespace noesis

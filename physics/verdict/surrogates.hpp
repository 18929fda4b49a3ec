#pragma once
/// Series that keep some of a recording's statistics and lose the rest: what a verdict has to tell
/// from the real thing. All are (num_samples x num_units), row-major, like the recording; equal
/// seeds give equal bits. Pure and thread-safe.

#include <cstdint>
#include <vector>

#include "physics/vitals/series.hpp"

namespace noesis {

/// Every Fourier phase at frequency k turned by one random angle, the same for all units, so that
/// spectra and cross-spectra stay (Prichard and Theiler, Phys. Rev. Lett. 73, 1994).
std::vector<double> phase_randomised(const SeriesView& recording, std::uint64_t seed);

/// Iterated amplitude adjustment (Schreiber and Schmitz, Phys. Rev. Lett. 77, 1996): each unit has
/// exactly the recording's values and nearly its spectrum. Units start from the phase-randomised
/// surrogate, so that most of what they share stays; then each is adjusted by itself.
std::vector<double> amplitude_adjusted(const SeriesView& recording, std::uint64_t seed,
                                       int num_iterations = 10);

/// Samples in random order, the same for all units.
std::vector<double> time_shuffled(const SeriesView& recording, std::uint64_t seed);

/// Samples in reverse order.
std::vector<double> time_reversed(const SeriesView& recording);

/// Independent Gaussian noise of density f^-exponent, with each unit's mean and sd of the
/// recording: by spectral synthesis at twice the length, cut (Timmer and Koenig, Astron. Astrophys.
/// 300, 1995), flat below `corner` cycles per sample: a steep power law without a corner hardly
/// moves within a window. Exponent 0 is white noise.
std::vector<double> power_law_noise(const SeriesView& recording, double exponent, double corner,
                                    std::uint64_t seed);

/// Independent Ornstein-Uhlenbeck processes of a correlation time [ms, as the recording's
/// interval], with each unit's mean and sd of the recording.
std::vector<double> ornstein_uhlenbeck(const SeriesView& recording, double correlation_time,
                                       std::uint64_t seed);

}  // namespace noesis

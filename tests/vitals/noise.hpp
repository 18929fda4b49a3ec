#pragma once
/// Noise with a known spectrum, for tests of the vitals.

#include <cstdint>
#include <vector>

#include "physics/vitals/series.hpp"

namespace noesis::test {

/// `num_samples` of Gaussian noise with density ~ 1 / f^exponent and unit variance: spectral
/// synthesis of twice the length, then cut, so that the two ends do not meet.
std::vector<double> coloured_noise(std::int64_t num_samples, double exponent, std::uint64_t seed);

/// `num_samples` of an Ornstein-Uhlenbeck process of unit variance, exact at each sample. Its
/// density is ~ 1 / (f_c^2 + f^2) with f_c = 1000 / (2 pi tau_ms) Hz.
std::vector<double> ornstein_uhlenbeck(std::int64_t num_samples, double interval_ms, double tau_ms,
                                       std::uint64_t seed);

/// Independent standard normals (num_samples x num_units).
std::vector<double> white_noise(std::int64_t num_samples, std::int64_t num_units,
                                std::uint64_t seed);

/// View of values that stay with the caller.
inline SeriesView view(const std::vector<double>& values, std::int64_t num_units = 1,
                       double interval_ms = 1.0) {
  return {values.data(), static_cast<std::int64_t>(values.size()) / num_units, num_units,
          interval_ms};
}

}  // namespace noesis::test

#pragma once
/// How far a candidate is from the process it should be. Series are (num_samples x num_units),
/// row-major. Everything here is pure and thread-safe.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "physics/vitals/spectrum.hpp"

namespace noesis {

/// Square roots of each row's share of power at each frequency but 0: (num_rows x (num_bins - 1)).
/// A row without power is 0 throughout.
std::vector<double> root_spectra(const Spectra& spectra);

/// D_H: Hellinger distance |sqrt p - sqrt q| / sqrt 2 of normalised spectra, mean over units, in
/// [0, 1] (Hess et al., ICML 2023). Arguments as root_spectra gives them. A unit that has power in
/// one only is at distance 1.
double spectral_distance(std::span<const double> roots, std::span<const double> others,
                         std::int64_t num_units);

inline constexpr std::int64_t kDelayBins = 25;  ///< a side of the joint histogram

/// Counts of (x_i(t), x_i(t + lag)) for each unit: (num_units x kDelayBins x kDelayBins). Bins
/// divide [low, high] of the unit evenly; values outside count in the outermost bins. @throws
/// InternalError unless low < high for every unit and the series is longer than the lag.
std::vector<std::int32_t> delay_counts(std::span<const double> series, std::int64_t num_units,
                                       std::int64_t lag, std::span<const double> low,
                                       std::span<const double> high);

/// D_del: KL(subject || candidate) of the joint histograms, with 1e-3 added to each count
/// (Laplace), mean over units [nat].
double delay_divergence(std::span<const std::int32_t> subject,
                        std::span<const std::int32_t> candidate, std::int64_t num_units);

/// Up to here histograms of the state space can be filled, and D_stsp decides.
inline constexpr std::int64_t kMaxStateSpaceUnits = 5;

/// D_stsp: KL(subject || candidate) of the densities in state space [nat], by the code of Hess et
/// al. (ICML 2023; Brenner et al., ICML 2022). Fewer than 6 units: histograms of 30 bins a unit
/// over the subject's range +-.1 sd, 1e-5 added to each count, samples outside dropped. Otherwise:
/// mixtures of unit Gaussians around at most 10,000 samples each, compared at 1,000 draws from the
/// subject's. Empty when no sample of the candidate is inside, or one is not finite.
std::optional<double> state_space_divergence(std::span<const double> subject,
                                             std::span<const double> candidate,
                                             std::int64_t num_units, std::uint64_t seed = 0);

/// Wasserstein-1 distance of each unit's values over the subject's sd, mean over units that are not
/// still. Series of equal length.
double wasserstein_distance(std::span<const double> subject, std::span<const double> candidate,
                            std::int64_t num_units);

}  // namespace noesis

#pragma once
/// Search for Gaussian peaks on a flattened log spectrum; a part of fit_aperiodic.

#include <Eigen/Dense>
#include <vector>

#include "physics/vitals/aperiodic.hpp"

namespace noesis {

/// The peaks of `flat` (num_bins) [log10 power above the aperiodic part] over `frequencies_hz`
/// (num_bins, evenly spaced): largest first, each subtracted before the next is looked for; peaks
/// at the edge of the band or under a larger neighbour are dropped, and the rest fitted together.
std::vector<SpectralPeak> find_peaks(const Eigen::VectorXd& frequencies_hz,
                                     const Eigen::VectorXd& flat, const AperiodicOptions& options);

/// Sum of the peaks at each frequency: (num_bins).
Eigen::VectorXd peak_curve(const Eigen::VectorXd& frequencies_hz,
                           const std::vector<SpectralPeak>& peaks);

}  // namespace noesis

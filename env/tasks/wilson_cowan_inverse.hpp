#pragma once
/// The Wilson-Cowan equations (physics/models/wilson_cowan.hpp) read backwards: from activity to
/// the input that makes it.

#include <span>

#include "physics/models/wilson_cowan.hpp"

namespace noesis {

/// What one excitatory population's rate and slope say about its summed input.
struct InputEstimate {
  double input = 0;    ///< G sum_j W_ij E_j + g gap_i + drive_i
  double gain = 0;     ///< d(E + tau_e E') / d(input): how well the input can be seen
  bool valid = false;  ///< false where the sigmoid cannot give this slope
};

/// `s` is E + tau_e E' where the two populations are at (e, i).
InputEstimate summed_input(const WilsonCowanParameters& p, double e, double i, double s);

/// The inhibitory rates that rest beside constant excitatory rates e, as many: the only solutions,
/// since inhibition weakens itself (c_ii >= 0).
void resting_inhibition(const WilsonCowanParameters& p, std::span<const double> e,
                        std::span<double> i);

}  // namespace noesis

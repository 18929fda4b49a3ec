#pragma once
/// The Wilson-Cowan equations (physics/models/wilson_cowan.hpp) read backwards: from activity to
/// the input that makes it.

#include <cstdint>
#include <span>
#include <vector>

#include "physics/models/wilson_cowan.hpp"
#include "physics/subject.hpp"

namespace noesis {

/// What one excitatory population's rate and slope say about its summed input.
struct InputEstimate {
  double input = 0;    ///< G sum_j W_ij E_j + g gap_i + drive_i
  double gain = 0;     ///< d(E + tau_e E') / d(input): how well the input can be seen
  bool valid = false;  ///< false where the sigmoid cannot give this slope
};

/// `s` is E + tau_e E' where the two populations are at (e, i).
InputEstimate summed_input(const WilsonCowanParameters& p, double e, double i, double s);

/// The inhibitory rate that rests beside a constant excitatory rate e: the only solution, since
/// inhibition weakens itself (c_ii >= 0).
double resting_inhibition(const WilsonCowanParameters& p, double e);

/// The currents that make `rates` (num_neurons) a fixed point of a Wilson-Cowan brain, which may be
/// unstable: u_i = input_i - (G sum_j W_ij E_j + g sum_j a_ij (E_j - E_i)) - P_i. NaN for a rate
/// that no input can give. @throws ConfigError for a subject of another model.
class HoldingCurrent {
 public:
  explicit HoldingCurrent(const Subject& subject);
  std::vector<double> of(std::span<const double> rates) const;

  /// The two parts of a neuron's current: the whole input that holds it at `rate`, and what others
  /// and its own drive give. The first takes long and does not depend on the others.
  double needed(double rate) const;
  double received(std::span<const double> rates, std::int64_t neuron) const;

 private:
  ConnectomePtr connectome_;
  WilsonCowanParameters model_;
  std::vector<double> drive_;  ///< (num_neurons)
};

}  // namespace noesis

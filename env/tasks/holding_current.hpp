#pragma once
/// The equations of a brain read backwards: the currents that make a pattern of rates a fixed
/// point, which may be unstable.
///
///   Wilson-Cowan:  u_i = input(E_i) - (G sum_j W_ij E_j + g sum_j a_ij (E_j - E_i)) - P_i
///   rate network:  u_i = atanh(r_i) - g sum_j W_ij r_j - bias_i,  r = tanh(x)

#include <cstdint>
#include <span>
#include <vector>

#include "physics/subject.hpp"

namespace noesis {

/// Immutable; thread-safe.
class HoldingCurrent {
 public:
  /// @throws ConfigError for a subject of another model.
  explicit HoldingCurrent(const Subject& subject);

  /// The current of each neuron that holds all of `rates` (num_neurons). NaN for a rate that no
  /// input can give.
  std::vector<double> of(std::span<const double> rates) const;

  /// The two parts of a neuron's current: the whole input that holds it at its rate, and what
  /// others and its own drive give. The first, of any number of neurons at once, takes long and
  /// does not depend on the others.
  std::vector<double> needed(std::span<const double> rates) const;
  double received(std::span<const double> rates, std::int64_t neuron) const;

 private:
  ConnectomePtr connectome_;
  ModelSpec model_;
  double coupling_, gap_coupling_;
  std::vector<double> drive_;  ///< (num_neurons)
};

}  // namespace noesis

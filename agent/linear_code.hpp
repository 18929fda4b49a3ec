#pragma once
/// The linear code of an emulator: what is left of an observation when only `size` numbers go on.

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

#include "physics/tape.hpp"

namespace noesis {

/// z = C (x - mean) / sd, x = mean + sd C^T z: C is the identity, or the first principal components
/// (orthonormal rows; the largest entry of each is positive). A unit that does not move has sd 1.
class LinearCode {
 public:
  /// Of a tape's observations; `size` 0 or at least the number of units: the identity.
  LinearCode(const Tape& tape, std::int64_t size);

  std::int64_t size() const noexcept { return is_identity_ ? mean_.size() : components_.rows(); }
  std::int64_t num_units() const noexcept { return mean_.size(); }
  /// x (num_units) to z (size), and back.
  void encode(std::span<const double> x, std::span<double> z) const;
  void decode(std::span<const double> z, std::span<double> x) const;
  /// C x of a row of weights on normalised units (num_units): the same weights on the code (size).
  void project(std::span<const double> x, std::span<double> z) const;

 private:
  bool is_identity_;
  Eigen::VectorXd mean_, sd_;
  Eigen::MatrixXd components_;  ///< (size x num_units)
};

}  // namespace noesis

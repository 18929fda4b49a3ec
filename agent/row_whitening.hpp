#pragma once
/// Units for weights in which all directions of a neuron's inputs vary alike.
///
/// Inputs of a neuron that move together make the loss long and narrow along their differences, and
/// first-order methods slow. With the Gram matrix of its sources' outputs and a constant,
/// G_i = mean over samples of (phi, 1)(phi, 1)^T = L_i L_i^T, the weights and the bias of row i are
/// (w_i, b_i) = s_i L_i^-T z_i, and a change of z moves the input of the neuron by a mean square of
/// s_i^2 |z_i|^2 in any direction: Jacobi's preconditioner by blocks, a block a neuron.

#include <Eigen/Dense>
#include <cstdint>
#include <span>
#include <vector>

#include "physics/connectome.hpp"

namespace noesis {

/// Memory is the sum of squares of in-degrees; rows with more than kLargestBlock inputs are scaled
/// one input at a time instead. Immutable.
class RowWhitening {
 public:
  static constexpr std::int64_t kLargestBlock = 512;

  /// `outputs` (num_samples x num_neurons, row-major) of the sources, as observed; `scale`
  /// (num_neurons) the s_i, positive. `with_bias`: a row has its bias as a last entry.
  RowWhitening(const Connectome& wiring, std::span<const double> outputs,
               std::span<const double> scale, bool with_bias);

  /// Values in z: synapses, plus neurons with a bias.
  std::int64_t size() const noexcept { return size_; }

  /// (w, b) from z; `bias` is not touched without one.
  void apply(std::span<const double> z, std::span<double> weights, std::span<double> bias) const;
  /// dL/dz from dL/dw and dL/db.
  void pull_back(std::span<const double> by_weights, std::span<const double> by_bias,
                 std::span<double> by_z) const;

 private:
  struct Row {
    std::int64_t first_synapse = 0, num_synapses = 0, first = 0;  ///< `first`: of z
    Eigen::MatrixXd factor;                                       ///< L / s, or empty
    Eigen::VectorXd diagonal;                                     ///< of large rows: sqrt(G_kk) / s
  };

  bool with_bias_;
  std::int64_t size_ = 0;
  std::vector<Row> rows_;
};

}  // namespace noesis

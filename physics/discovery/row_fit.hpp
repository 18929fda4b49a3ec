#pragma once
/// Weighted least squares of many rows on one table of regressors.

#include <Eigen/Dense>
#include <cstdint>
#include <vector>

namespace noesis {

/// For every row i: minimises sum_t w_ti (y_ti - sum_j c_ij x_tj - b_i)^2 + penalty_i |c_i|^2 over
/// the regressors that the row may use. Factors once, solves for many y.
class RowFit {
 public:
  using Matrix = Eigen::MatrixXd;
  using Vector = Eigen::VectorXd;

  /// `x` (T x N), `weights` (T x rows) >= 0, `support` for each row the regressors it may use.
  /// `penalty` (rows); `ridge`, a fraction of the mean of the normal matrix's diagonal, is added so
  /// that there always is a solution.
  RowFit(Matrix x, Matrix weights, std::vector<std::vector<Eigen::Index>> support,
         const Vector& penalty, double ridge);

  /// The change of `current` (rows x N + 1; the constants last) that fits y (T x rows), which is
  /// what `current` leaves.
  Matrix solve(const Matrix& y, const Matrix& current) const;

  /// Diagonals of the inverse normal matrices (rows x N), 0 where a row has no such regressor: the
  /// posterior variance of a coefficient in units of the noise's.
  Matrix inverse_diagonals() const;

 private:
  Matrix regressors(std::size_t row) const;

  Matrix x_;
  Matrix weights_;
  std::vector<std::vector<Eigen::Index>> support_;
  Vector penalty_;  // as added to the normal matrices
  std::vector<Eigen::LDLT<Matrix>> factors_;
};

}  // namespace noesis

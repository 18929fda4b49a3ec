#pragma once
/// Weighted least squares of many rows on one table of regressors.

#include <Eigen/Dense>
#include <cstdint>
#include <vector>

namespace noesis {

/// For every row i: minimises sum_t w_ti (y_ti - sum_j c_ij x_tj - b_i)^2 + ridge |c_i|^2, over the
/// regressors that the row may use. Factors once, solves for many y. `ridge` is relative to the
/// mean of the normal matrix's diagonal.
class RowFit {
 public:
  using Matrix = Eigen::MatrixXd;

  /// `x` (T x N), `weights` (T x rows) >= 0, `support` for each row the regressors it may use.
  RowFit(Matrix x, Matrix weights, std::vector<std::vector<Eigen::Index>> support, double ridge);

  /// The coefficients (rows x N + 1), the constant last, for y (T x rows). No x, no constant where
  /// a row has no weight at all: zeros.
  Matrix solve(const Matrix& y) const;

 private:
  Matrix regressors(std::size_t row) const;

  Matrix x_;
  Matrix weights_;
  std::vector<std::vector<Eigen::Index>> support_;
  std::vector<Eigen::LDLT<Matrix>> factors_;
};

}  // namespace noesis

#include "physics/discovery/row_fit.hpp"

namespace noesis {

RowFit::RowFit(Matrix x, Matrix weights, std::vector<std::vector<Eigen::Index>> support,
               const Vector& penalty, double ridge)
    : x_(std::move(x)),
      weights_(std::move(weights)),
      support_(std::move(support)),
      penalty_(penalty) {
  factors_.reserve(support_.size());
  for (std::size_t row = 0; row < support_.size(); ++row) {
    const Matrix scaled = regressors(row);
    const Eigen::Index p = scaled.cols();
    Matrix normal = Matrix::Zero(p, p);
    normal.selfadjointView<Eigen::Lower>().rankUpdate(scaled.transpose());
    double& penalty_here = penalty_(static_cast<Eigen::Index>(row));
    penalty_here += ridge * normal.diagonal().mean();
    normal.diagonal().head(p - 1).array() += penalty_here;
    factors_.emplace_back(normal.selfadjointView<Eigen::Lower>());
  }
}

/// The row's regressors and a constant, each sample times the root of its weight.
RowFit::Matrix RowFit::regressors(std::size_t row) const {
  const std::vector<Eigen::Index>& use = support_[row];
  const auto p = static_cast<Eigen::Index>(use.size());
  const Eigen::ArrayXd root = weights_.col(static_cast<Eigen::Index>(row)).array().sqrt();
  Matrix scaled(x_.rows(), p + 1);
  for (Eigen::Index k = 0; k < p; ++k) {
    scaled.col(k) = x_.col(use[static_cast<std::size_t>(k)]).array() * root;
  }
  scaled.col(p) = root;
  return scaled;
}

RowFit::Matrix RowFit::solve(const Matrix& y, const Matrix& current) const {
  Matrix change = Matrix::Zero(static_cast<Eigen::Index>(support_.size()), x_.cols() + 1);
  for (std::size_t row = 0; row < support_.size(); ++row) {
    const auto r = static_cast<Eigen::Index>(row);
    const Matrix scaled = regressors(row);
    const Eigen::Index p = scaled.cols();
    Vector gradient = scaled.transpose() * scaled.col(p - 1).cwiseProduct(y.col(r));
    for (Eigen::Index k = 0; k + 1 < p; ++k) {
      gradient(k) -= penalty_(r) * current(r, support_[row][static_cast<std::size_t>(k)]);
    }
    const Vector solution = factors_[row].solve(gradient);
    if (!solution.allFinite()) continue;  // a row of saturated samples says nothing
    for (Eigen::Index k = 0; k + 1 < p; ++k) {
      change(r, support_[row][static_cast<std::size_t>(k)]) = solution(k);
    }
    change(r, x_.cols()) = solution(p - 1);
  }
  return change;
}

RowFit::Matrix RowFit::inverse_diagonals() const {
  Matrix diagonals = Matrix::Zero(static_cast<Eigen::Index>(support_.size()), x_.cols());
  for (std::size_t row = 0; row < support_.size(); ++row) {
    const Eigen::Index p = factors_[row].cols();
    const Matrix inverse = factors_[row].solve(Matrix::Identity(p, p));
    for (Eigen::Index k = 0; k + 1 < p; ++k) {
      diagonals(static_cast<Eigen::Index>(row), support_[row][static_cast<std::size_t>(k)]) =
          inverse(k, k);
    }
  }
  return diagonals;
}

}  // namespace noesis

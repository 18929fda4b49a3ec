#include "physics/discovery/row_fit.hpp"

namespace noesis {

RowFit::RowFit(Matrix x, Matrix weights, std::vector<std::vector<Eigen::Index>> support,
               double ridge)
    : x_(std::move(x)), weights_(std::move(weights)), support_(std::move(support)) {
  factors_.reserve(support_.size());
  for (std::size_t row = 0; row < support_.size(); ++row) {
    const Matrix scaled = regressors(row);
    const Eigen::Index p = scaled.cols();
    Matrix normal = Matrix::Zero(p, p);
    normal.selfadjointView<Eigen::Lower>().rankUpdate(scaled.transpose());
    const double load = ridge * normal.diagonal().mean();
    normal.diagonal().head(p - 1).array() += load;
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

RowFit::Matrix RowFit::solve(const Matrix& y) const {
  Matrix coefficients = Matrix::Zero(static_cast<Eigen::Index>(support_.size()), x_.cols() + 1);
  for (std::size_t row = 0; row < support_.size(); ++row) {
    const auto r = static_cast<Eigen::Index>(row);
    const Matrix scaled = regressors(row);
    const Eigen::VectorXd root = scaled.col(scaled.cols() - 1);
    const Eigen::VectorXd solution =
        factors_[row].solve(scaled.transpose() * (root.cwiseProduct(y.col(r))));
    if (!solution.allFinite()) continue;
    for (std::size_t k = 0; k < support_[row].size(); ++k) {
      coefficients(r, support_[row][k]) = solution(static_cast<Eigen::Index>(k));
    }
    coefficients(r, x_.cols()) = solution(solution.size() - 1);
  }
  return coefficients;
}

}  // namespace noesis

#include "agent/linear_code.hpp"

#include <Eigen/Eigenvalues>
#include <cmath>

namespace noesis {
namespace {

using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr double kStillSd = 1e-9;  // below, a unit does not move

}  // namespace

LinearCode::LinearCode(const Tape& tape, std::int64_t size)
    : is_identity_(size == 0 || size >= tape.num_units) {
  const Eigen::Map<const Rows> x(tape.observations.data(), tape.num_samples(), tape.num_units);
  mean_ = x.colwise().mean();
  sd_ = ((x.rowwise() - mean_.transpose()).array().square().colwise().mean()).sqrt().transpose();
  sd_ = (sd_.array() > kStillSd).select(sd_.array(), 1.0);
  if (is_identity_) return;
  const Rows normal =
      ((x.rowwise() - mean_.transpose()).array().rowwise() / sd_.transpose().array()).matrix();
  const Eigen::MatrixXd covariance =
      normal.transpose() * normal / static_cast<double>(normal.rows());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
  components_ = solver.eigenvectors().rowwise().reverse().leftCols(size).transpose();
  for (Eigen::Index k = 0; k < size; ++k) {
    Eigen::Index largest = 0;
    components_.row(k).cwiseAbs().maxCoeff(&largest);
    if (components_(k, largest) < 0) components_.row(k) *= -1;
  }
}

void LinearCode::project(std::span<const double> x, std::span<double> z) const {
  const Eigen::Map<const Eigen::VectorXd> from(x.data(), std::ssize(x));
  Eigen::Map<Eigen::VectorXd> to(z.data(), std::ssize(z));
  if (is_identity_) {
    to = from;
  } else {
    to.noalias() = components_ * from;
  }
}

void LinearCode::encode(std::span<const double> x, std::span<double> z) const {
  const Eigen::Map<const Eigen::VectorXd> from(x.data(), std::ssize(x));
  const Eigen::VectorXd normal = (from - mean_).cwiseQuotient(sd_);
  project({normal.data(), static_cast<std::size_t>(normal.size())}, z);
}

void LinearCode::decode(std::span<const double> z, std::span<double> x) const {
  const Eigen::Map<const Eigen::VectorXd> from(z.data(), std::ssize(z));
  Eigen::Map<Eigen::VectorXd> to(x.data(), std::ssize(x));
  if (is_identity_) {
    to = mean_ + sd_.cwiseProduct(from);
  } else {
    const Eigen::VectorXd normal = components_.transpose() * from;
    to = mean_ + sd_.cwiseProduct(normal);
  }
}

}  // namespace noesis

#include "physics/vitals/least_squares.hpp"

#include <cmath>
#include <utility>

namespace noesis {
namespace {

constexpr int kMaxIterations = 500;
constexpr double kRelativeGain = 1e-14;
constexpr double kMaxDamping = 1e12;

Eigen::VectorXd clamp(const Eigen::VectorXd& p, const LeastSquaresProblem& problem) {
  return p.cwiseMax(problem.lower).cwiseMin(problem.upper);
}

/// Removes the parameters that sit at a bound and would be pushed through it.
void hold_at_bounds(const LeastSquaresProblem& problem, const Eigen::VectorXd& p,
                    Eigen::MatrixXd& normal, Eigen::VectorXd& gradient) {
  for (Eigen::Index i = 0; i < p.size(); ++i) {
    const bool below = p[i] <= problem.lower[i] && gradient[i] > 0.0;
    const bool above = p[i] >= problem.upper[i] && gradient[i] < 0.0;
    if (!below && !above) continue;
    normal.row(i).setZero();
    normal.col(i).setZero();
    normal(i, i) = 1.0;
    gradient[i] = 0.0;
  }
}

}  // namespace

LeastSquaresResult minimise(const LeastSquaresProblem& problem, Eigen::VectorXd start) {
  Eigen::VectorXd p = clamp(start, problem);
  Eigen::VectorXd residual;
  Eigen::MatrixXd jacobian;
  problem.evaluate(p, residual, jacobian);
  double cost = residual.squaredNorm();

  Eigen::VectorXd trial_residual;
  Eigen::MatrixXd trial_jacobian;
  double damping = 1e-3;
  for (int iteration = 0; iteration < kMaxIterations && damping < kMaxDamping; ++iteration) {
    Eigen::MatrixXd normal = jacobian.transpose() * jacobian;
    Eigen::VectorXd gradient = jacobian.transpose() * residual;
    hold_at_bounds(problem, p, normal, gradient);
    // The floor keeps a parameter without influence from making the system singular.
    const Eigen::VectorXd scale = normal.diagonal().cwiseMax(1e-30);
    normal.diagonal() += damping * scale;
    const Eigen::VectorXd trial = clamp(p - normal.ldlt().solve(gradient), problem);
    problem.evaluate(trial, trial_residual, trial_jacobian);
    const double trial_cost = trial_residual.squaredNorm();
    if (!(trial_cost < cost)) {
      damping *= 10.0;
      continue;
    }
    const bool converged = cost - trial_cost <= kRelativeGain * cost;
    p = trial;
    cost = trial_cost;
    std::swap(residual, trial_residual);
    std::swap(jacobian, trial_jacobian);
    damping *= 0.1;
    if (converged) break;
  }
  return {p, cost};
}

}  // namespace noesis

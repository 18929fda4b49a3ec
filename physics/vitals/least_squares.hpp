#pragma once
/// Small non-linear least squares within bounds, for the spectral fits.

#include <Eigen/Dense>
#include <functional>

namespace noesis {

/// Minimises |residual(p)|^2 within lower <= p <= upper.
struct LeastSquaresProblem {
  /// Fills the residual (num_points) and its Jacobian (num_points x num_parameters) at p. A
  /// residual that is not finite marks p as out of the domain.
  std::function<void(const Eigen::VectorXd& p, Eigen::VectorXd& residual,
                     Eigen::MatrixXd& jacobian)>
      evaluate;
  Eigen::VectorXd lower;  ///< (num_parameters), -inf where free
  Eigen::VectorXd upper;  ///< (num_parameters), +inf where free
};

struct LeastSquaresResult {
  Eigen::VectorXd parameters;
  double cost = 0.0;  ///< |residual|^2
};

/// Levenberg-Marquardt with Marquardt's scaling (J. Soc. Ind. Appl. Math. 11, 1963). A parameter at
/// a bound that the descent points out of is held there for the step. Stops when no step lowers the
/// cost by more than 1e-14 of it. `start` is clamped into the bounds; the residual must be finite
/// there.
LeastSquaresResult minimise(const LeastSquaresProblem& problem, Eigen::VectorXd start);

}  // namespace noesis

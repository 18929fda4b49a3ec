#include "physics/vitals/branching.hpp"

#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "physics/vitals/least_squares.hpp"

namespace noesis {
namespace {

constexpr double kLargestRatio = 1.5;
constexpr int kRatioGrid = 150;
constexpr int kBinsPerLag = 4;

/// Slope of the regression of A(t + lag) on A(t) over the pairs of all trials; empty where A(t) is
/// still.
std::optional<double> regression_slope(const SeriesView& activity, std::int64_t lag) {
  const std::int64_t num_pairs = (activity.num_samples - lag) * activity.num_units;
  const double* now = activity.data;
  const double* later = activity.sample(lag);
  double mean_now = 0.0;
  double mean_later = 0.0;
  for (std::int64_t i = 0; i < num_pairs; ++i) {
    mean_now += now[i];
    mean_later += later[i];
  }
  mean_now /= static_cast<double>(num_pairs);
  mean_later /= static_cast<double>(num_pairs);
  double products = 0.0;
  double squares = 0.0;
  for (std::int64_t i = 0; i < num_pairs; ++i) {
    const double deviation = now[i] - mean_now;
    products += deviation * (later[i] - mean_later);
    squares += deviation * deviation;
  }
  if (squares < kStillVariance * static_cast<double>(num_pairs)) return std::nullopt;
  return products / squares;
}

Eigen::ArrayXd powers(double ratio, Eigen::Index num_lags) {
  return Eigen::ArrayXd::LinSpaced(num_lags, 1.0, static_cast<double>(num_lags))
      .unaryExpr([ratio](double k) { return std::pow(ratio, k); });
}

/// The b that is best for a given m, and m itself.
Eigen::Vector2d with_best_amplitude(const Eigen::ArrayXd& slopes, double ratio) {
  const Eigen::ArrayXd power = powers(ratio, slopes.size());
  return {(power * slopes).sum() / power.square().sum(), ratio};
}

/// The best of a grid over m, since the cost has more than one minimum.
Eigen::Vector2d first_guess(const Eigen::ArrayXd& slopes) {
  Eigen::Vector2d best(0.0, 0.5);
  double least = std::numeric_limits<double>::infinity();
  for (int i = 1; i <= kRatioGrid; ++i) {
    const Eigen::Vector2d guess =
        with_best_amplitude(slopes, kLargestRatio * i / static_cast<double>(kRatioGrid));
    const double cost = (guess[0] * powers(guess[1], slopes.size()) - slopes).square().sum();
    if (cost < least) {
      least = cost;
      best = guess;
    }
  }
  return best;
}

LeastSquaresResult fit_exponential(const Eigen::ArrayXd& slopes) {
  LeastSquaresProblem problem;
  problem.lower = Eigen::Vector2d(-std::numeric_limits<double>::infinity(), 0.0);
  problem.upper = Eigen::Vector2d(std::numeric_limits<double>::infinity(), kLargestRatio);
  problem.evaluate = [&](const Eigen::VectorXd& p, Eigen::VectorXd& residual,
                         Eigen::MatrixXd& jacobian) {
    const Eigen::Index num_lags = slopes.size();
    const auto lag = Eigen::ArrayXd::LinSpaced(num_lags, 1.0, static_cast<double>(num_lags));
    const Eigen::ArrayXd power = powers(p[1], num_lags);
    Eigen::ArrayXd one_less(num_lags);  // m^(k - 1)
    one_less[0] = 1.0;
    one_less.tail(num_lags - 1) = power.head(num_lags - 1);
    residual = p[0] * power - slopes;
    jacobian.resize(num_lags, 2);
    jacobian.col(0) = power;
    jacobian.col(1) = p[0] * lag * one_less;
  };
  return minimise(problem, first_guess(slopes));
}

}  // namespace

Measured<Branching> branching_ratio(const SeriesView& activity, const BranchingOptions& options) {
  require(options.max_lag >= 3, "option out of range", "max_lag", options.max_lag, ">= 3");
  check_series(activity, 1);
  if (activity.num_samples / kBinsPerLag < options.max_lag) {
    return Measured<Branching>::undefined(
        "fewer than " + std::to_string(kBinsPerLag * std::int64_t{options.max_lag}) + " bins");
  }
  Branching branching;
  for (int lag = 1; lag <= options.max_lag; ++lag) {
    const std::optional<double> slope = regression_slope(activity, lag);
    if (!slope) return Measured<Branching>::undefined("activity is constant");
    branching.slopes.push_back(*slope);
  }
  const Eigen::Map<const Eigen::ArrayXd> slopes(branching.slopes.data(), options.max_lag);
  const LeastSquaresResult fit = fit_exponential(slopes);
  branching.amplitude = fit.parameters[0];
  branching.ratio = fit.parameters[1];
  if (!(branching.amplitude > 0.0)) {
    return Measured<Branching>::undefined("activity is not positively correlated in time");
  }
  branching.tau_bins = branching.ratio < 1.0 ? -1.0 / std::log(branching.ratio)
                                             : std::numeric_limits<double>::infinity();
  branching.naive_ratio = branching.slopes[0];
  const double scatter = (slopes - slopes.mean()).square().sum();
  branching.r_squared = scatter > 0.0 ? 1.0 - fit.cost / scatter : 0.0;
  return branching;
}

}  // namespace noesis

#include "physics/vitals/log_log_line.hpp"

#include <Eigen/Dense>

namespace noesis {

LogLogLine fit_log_log_line(std::span<const double> x, std::span<const double> y,
                            std::span<const double> weights) {
  const auto size = static_cast<Eigen::Index>(x.size());
  const Eigen::ArrayXd log_x = Eigen::Map<const Eigen::ArrayXd>(x.data(), size).log();
  const Eigen::ArrayXd log_y = Eigen::Map<const Eigen::ArrayXd>(y.data(), size).log();
  Eigen::ArrayXd weight = Eigen::ArrayXd::Ones(size);
  if (!weights.empty()) weight = Eigen::Map<const Eigen::ArrayXd>(weights.data(), size);
  weight /= weight.sum();
  const Eigen::ArrayXd u = log_x - (weight * log_x).sum();
  const Eigen::ArrayXd v = log_y - (weight * log_y).sum();
  const double slope = (weight * u * v).sum() / (weight * u.square()).sum();
  const double total = (weight * v.square()).sum();
  const double residual = (weight * (v - slope * u).square()).sum();
  return {slope, total > 0.0 ? 1.0 - residual / total : 0.0};
}

}  // namespace noesis

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.hpp"
#include "physics/verdict/emulation_metrics.hpp"
#include "physics/verdict/reference_parts.hpp"
#include "physics/vitals/series.hpp"

namespace noesis {

void set_ranges(VerdictReference& reference, const Subject& subject,
                const std::vector<double>& series) {
  const auto units = static_cast<std::size_t>(reference.num_units);
  reference.deviation.assign(units, 0.0);
  for (std::int64_t r = 0; r < reference.num_runs; ++r) {
    const UnitMoments moments =
        unit_moments(tau_series(run_of(series, r, reference.num_runs), reference.num_units, 1));
    for (std::size_t i = 0; i < units; ++i) {
      reference.deviation[i] +=
          std::sqrt(moments.variance[i]) / static_cast<double>(reference.num_runs);
    }
  }
  if (subject.brain.model.name == "wilson_cowan") {  // rates in [0, 1], a little below 0 at rest
    reference.low.assign(units, 0.0);
    reference.high.assign(units, 1.0);
    reference.bin_low.assign(units, -0.02);
    reference.bin_high.assign(units, 1.0);
    return;
  }
  reference.low.assign(series.begin(), series.begin() + reference.num_units);
  reference.high = reference.low;
  for (std::size_t k = 0; k < series.size(); ++k) {
    reference.low[k % units] = std::min(reference.low[k % units], series[k]);
    reference.high[k % units] = std::max(reference.high[k % units], series[k]);
  }
  for (std::size_t i = 0; i < units; ++i) {
    if (!(reference.low[i] < reference.high[i])) {
      throw RunError({"a unit of the subject never moves, so that it has no range", subject.name,
                      "unit " + std::to_string(i), "", ""});
    }
    reference.bin_low.push_back(reference.low[i] - 0.1 * reference.deviation[i]);
    reference.bin_high.push_back(reference.high[i] + 0.1 * reference.deviation[i]);
  }
}

void set_axes(VerdictReference& reference) {
  const auto units = static_cast<Eigen::Index>(reference.num_units);
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> x(reference.recording.data(),
                                     static_cast<Eigen::Index>(reference.num_samples), units);
  const Eigen::RowVectorXd mean = x.colwise().mean();
  reference.centre.assign(mean.begin(), mean.end());
  RowMajor axes = RowMajor::Identity(units, units);
  constexpr Eigen::Index kNumPrincipal = 3;
  if (units > kMaxStateSpaceUnits) {
    const RowMajor centred = x.rowwise() - mean;
    const Eigen::MatrixXd covariance = centred.transpose() * centred;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
    axes = solver.eigenvectors().rightCols(kNumPrincipal).rowwise().reverse().transpose();
  }
  reference.num_axes = axes.rows();
  reference.axes.assign(axes.data(), axes.data() + axes.size());
}

}  // namespace noesis

#include "runners/fit/regression_baseline.hpp"

#include <algorithm>
#include <cmath>

#include "physics/discovery/coupling_fit.hpp"
#include "physics/discovery/row_fit.hpp"

namespace noesis {
namespace {

using Matrix = RowFit::Matrix;

constexpr double kRidge = 1e-9;              // of the normal matrix's mean diagonal
constexpr std::int64_t kMostNeurons = 2000;  // coefficients are kept as a dense matrix

/// What the model's synapses carry.
template <class Model>
void outputs_of(const Model& model, const Matrix& x, Matrix& y) {
  y.resize(x.rows(), x.cols());
  for (Eigen::Index k = 0; k < x.size(); ++k) y.data()[k] = model.output(x.data() + k);
}

std::vector<double> match_gradients(const DifferentiableBrain& brain, const TrajectoryPlan& plan,
                                    const ActivityData& data) {
  const Connectome& wiring = brain.connectome();
  const RateNetworkParameters& p = brain.model().rate;
  const Eigen::Index n = wiring.num_neurons();
  const Eigen::Index each = data.num_samples() - 1, rows = data.num_envs() * each;
  const double interval = plan.dt_ms * static_cast<double>(plan.steps_per_sample);
  const auto at = data.samples.accessor<double, 4>();
  Matrix now(rows, n), next(rows, n), current = Matrix::Zero(rows, n);
  for (Eigen::Index r = 0; r < rows; ++r) {
    for (Eigen::Index i = 0; i < n; ++i) {
      now(r, i) = at[r / each][r % each][0][i];
      next(r, i) = at[r / each][r % each + 1][0][i];
    }
  }
  if (data.current.defined()) {
    const auto u = data.current.accessor<double, 3>();
    for (Eigen::Index r = 0; r < rows; ++r) {
      for (Eigen::Index i = 0; i < n; ++i) current(r, i) = u[r / each][r % each][i];
    }
  }
  const Matrix middle = (now + next) / 2;
  Matrix input = p.tau_ms / interval * (next - now) + middle - current;
  for (const Synapse& gap : wiring.gap_edges()) {
    const Eigen::VectorXd flow =
        p.gap_coupling * gap.weight * (middle.col(gap.source) - middle.col(gap.target));
    input.col(gap.target) -= flow;
    input.col(gap.source) += flow;
  }
  Matrix phi, phi_next;
  std::visit(
      [&](const auto& model) {
        if constexpr (std::decay_t<decltype(model)>::kNumComponents == 1) {
          outputs_of(model, now, phi);
          outputs_of(model, next, phi_next);
        }
      },
      make_model<double>(brain.model()));
  std::vector<std::vector<Eigen::Index>> support(static_cast<std::size_t>(n));
  for (const Synapse& edge : wiring.edges()) {
    support[static_cast<std::size_t>(edge.target)].push_back(edge.source);
  }
  const RowFit fit((phi + phi_next) / 2, Matrix::Ones(rows, n), support, Eigen::VectorXd::Zero(n),
                   kRidge);
  const Matrix solution = fit.solve(input, Matrix::Zero(n, n + 1));
  std::vector<double> weights;
  for (const Synapse& edge : wiring.edges()) {
    weights.push_back(solution(edge.target, edge.source) / p.coupling);
  }
  return weights;
}

std::vector<double> fit_pairs(const DifferentiableBrain& brain, const TrajectoryPlan& plan,
                              const ActivityData& data) {
  const Connectome& wiring = brain.connectome();
  const WilsonCowanParameters& p = brain.model().wilson_cowan;
  const std::int64_t n = wiring.num_neurons(), each = data.num_samples() - 1;
  const std::int64_t rows = data.num_envs() * each;
  const bool observes_i = data.num_observed() == 2;
  Dataset samples;
  samples.e = samples.e_after = samples.inputs = DenseMatrix(rows, n);
  if (observes_i) samples.i = samples.i_after = DenseMatrix(rows, n);
  const auto at = data.samples.accessor<double, 4>();
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t env = r / each, t = r % each;
    samples.previous.push_back(t > 0 ? r - 1 : -1);
    samples.twin.push_back(-1);
    samples.site.push_back(-1);
    for (std::int64_t i = 0; i < n; ++i) {
      samples.e.at(r, i) = at[env][t][0][i];
      samples.e_after.at(r, i) = at[env][t + 1][0][i];
      if (observes_i) {
        samples.i.at(r, i) = at[env][t][1][i];
        samples.i_after.at(r, i) = at[env][t + 1][1][i];
      }
      if (data.current.defined()) {
        samples.inputs.at(r, i) = data.current.accessor<double, 3>()[env][t][i];
      }
    }
  }
  Subject subject;
  subject.name = "recorded";
  subject.connectome = std::make_shared<Connectome>(wiring);
  subject.brain.model = brain.model();
  subject.brain.integrator.name = plan.integrator;
  subject.brain.integrator.dt_ms = plan.dt_ms;
  subject.tau_ms = p.tau_e_ms;
  subject.interval = plan.dt_ms * static_cast<double>(plan.steps_per_sample) / p.tau_e_ms;
  subject.num_units = subject.num_sites = n;
  FitOptions options;
  options.burn_in = std::min(options.burn_in, rows / 4);
  const CouplingFit fit = fit_coupling(subject, samples, options);
  std::vector<double> leaving(static_cast<std::size_t>(n)), weights;
  for (const Synapse& gap : wiring.gap_edges()) {
    leaving[static_cast<std::size_t>(gap.source)] += gap.weight;
    leaving[static_cast<std::size_t>(gap.target)] += gap.weight;
  }
  for (const Synapse& edge : wiring.edges()) {
    const double total = fit.coefficients.at(edge.target, edge.source);
    const double gap = edge.source == edge.target ? -leaving[static_cast<std::size_t>(edge.target)]
                                                  : wiring.gap_weight(edge.source, edge.target);
    weights.push_back((total - p.gap_coupling * gap) / p.coupling);
  }
  return weights;
}

}  // namespace

std::optional<std::vector<double>> fit_by_regression(const DifferentiableBrain& brain,
                                                     const TrajectoryPlan& plan,
                                                     const ActivityData& data) {
  if (brain.connectome().num_neurons() > kMostNeurons) return std::nullopt;
  if (brain.model().name == "rate" && brain.model().rate.coupling != 0) {
    return match_gradients(brain, plan, data);
  }
  const bool pairs =
      brain.model().name == "wilson_cowan" && brain.model().wilson_cowan.coupling != 0;
  if (pairs && data.num_samples() > 8) return fit_pairs(brain, plan, data);
  return std::nullopt;
}

}  // namespace noesis

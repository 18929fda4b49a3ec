#include "physics/discovery/coupling_fit.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "core/error.hpp"
#include "physics/discovery/dense_view.hpp"
#include "physics/discovery/node_map.hpp"
#include "physics/discovery/row_fit.hpp"

namespace noesis {
namespace {

using Matrix = Eigen::MatrixXd;
using Support = std::vector<std::vector<Eigen::Index>>;

/// What may drive whom: every pair, or synapses and gap junctions, whose sum on the neuron itself
/// makes an autapse.
Support support_of(const Connectome& graph, bool known_graph) {
  const std::int64_t n = graph.num_neurons();
  Support support(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    auto& row = support[static_cast<std::size_t>(i)];
    if (!known_graph) {
      for (std::int64_t j = 0; j < n; ++j) row.push_back(j);
      continue;
    }
    for (const std::int32_t j : graph.synapses().row_sources(i)) row.push_back(j);
    if (!graph.gap_junctions().empty() &&
        graph.gap_junctions().row_count[static_cast<std::size_t>(i)] > 0) {
      for (const std::int32_t j : graph.gap_junctions().row_sources(i)) row.push_back(j);
      row.push_back(i);
    }
    std::ranges::sort(row);
    row.erase(std::unique(row.begin(), row.end()), row.end());
  }
  return support;
}

/// The fit in progress.
class Fit {
 public:
  Fit(const Subject& structure, const Dataset& data, const FitOptions& options)
      : structure_(structure),
        data_(data),
        options_(options),
        node_(structure),
        e_(view(data.e)),
        e_after_(view(data.e_after)),
        inputs_(view(data.inputs)) {
    const Eigen::Index rows = e_.rows(), n = e_.cols();
    num_fitted_ = data.observes_i() ? rows : rows - options.burn_in;
    squares_ = Eigen::VectorXd::Zero(n);
    i_ = data.observes_i() ? Matrix(view(data.i)) : Matrix::Zero(rows, n);
    i_after_ = sensitivity_ = e_by_i_ = i_by_i_ = target_ = Matrix::Zero(rows, n);
  }

  CouplingFit run() {
    invert();
    const Matrix path = (e_ + e_after_) / 2;  // of the sources during a sample
    const Matrix weights = sample_weights();
    const Support support = support_of(*structure_.connectome, options_.known_graph);
    const Eigen::Index n = e_.cols();
    Matrix total = Matrix::Zero(n, n + 1);
    Matrix deviations = Matrix::Zero(n, n);
    Eigen::VectorXd penalty = Eigen::VectorXd::Zero(n);
    CouplingFit fit;
    for (int round = 0; round <= kEvidenceRounds; ++round) {
      const RowFit least_squares(path, weights, support, penalty, options_.ridge);
      if (round == 0) total = least_squares.solve(target_, total);
      fit = descend(least_squares, total);
      if (fit.rms < kRounding) break;
      deviations = least_squares.inverse_diagonals();
      penalty = evidence(deviations, penalty, total, support);
    }
    fit.deviations = DenseMatrix(n, n);
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = 0; j < n; ++j) fit.deviations.at(i, j) = deviations(i, j);
    }
    return fit;
  }

 private:
  bool fitted(Eigen::Index t) const { return data_.observes_i() || t >= options_.burn_in; }

  /// I before a sample, where it is not observed: carried over from the sample before.
  double i_before(Eigen::Index t, Eigen::Index j) const {
    if (data_.observes_i()) return i_(t, j);
    const auto at = static_cast<std::size_t>(t);
    if (data_.previous[at] >= 0) return i_after_(data_.previous[at], j);
    if (data_.twin[at] >= 0) return i_(data_.twin[at], j);
    return i_(t, j);
  }

  /// First estimate: the constant input that explains each node's step.
  void invert() {
    for (Eigen::Index j = 0; j < e_.cols(); ++j) {
      double guess = 0;
      for (Eigen::Index t = 0; t < e_.rows(); ++t) {
        i_(t, j) = i_before(t, j);
        const double input = node_.input_between(e_(t, j), i_(t, j), e_after_(t, j), guess);
        const NodeStep step = node_.step(e_(t, j), i_(t, j), input);
        i_after_(t, j) = step.i;
        sensitivity_(t, j) = step.e_by_input;
        e_by_i_(t, j) = step.e_by_i;
        i_by_i_(t, j) = step.i_by_i;
        guess = input;
        target_(t, j) = input - inputs_(t, j);
      }
    }
  }

  /// Errors of E are alike in all samples, so inputs are known as well as they move E.
  Matrix sample_weights() const {
    Matrix weights = sensitivity_.array().square();
    for (Eigen::Index t = 0; t < weights.rows(); ++t) {
      if (!fitted(t)) weights.row(t).setZero();
    }
    return weights;
  }

  /// Gauss-Newton from `total`, which ends at the iterate with the smallest next move. A small move
  /// is the end of it only where the errors have stopped falling: those of noise stay, those of a
  /// fit on its way do not.
  CouplingFit descend(const RowFit& least_squares, Matrix& total) {
    CouplingFit best;
    Matrix best_total = total;
    Eigen::VectorXd best_squares = squares_;
    double smallest = std::numeric_limits<double>::infinity();
    for (std::int64_t n = 1; n <= options_.max_iterations; ++n) {
      CouplingFit now = rounded(total);
      now.iterations = n;
      const double now_rms = now.rms = correct(now);
      const Matrix move = least_squares.solve(target_, total);
      if (move.norm() < smallest) {
        smallest = move.norm();
        best = std::move(now);
        best_total = total;
        best_squares = squares_;
      }
      const bool noisy = now_rms >= kRounding && now_rms > kStalled * rms_before_;
      rms_before_ = now_rms;
      const double enough = noisy ? kConvergedInNoise : kConverged;
      if (n - best.iterations == kPatience || smallest < enough * total.norm()) break;
      total += move;
    }
    total = best_total;
    squares_ = best_squares;
    return best;
  }

  /// The penalties s_i^2 / v: s_i^2 is the variance of row i's noise, v that of the coefficients.
  /// `inverse` becomes the posterior deviations.
  Eigen::VectorXd evidence(Matrix& inverse, const Eigen::VectorXd& penalty, const Matrix& total,
                           const Support& support) const {
    const Eigen::Index n = e_.cols();
    Eigen::VectorXd noise(n);
    double determined = 0, moment = 0;
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto size = static_cast<double>(support[static_cast<std::size_t>(i)].size());
      const double effective = size - penalty(i) * inverse.row(i).sum();
      noise(i) = squares_(i) / std::max(static_cast<double>(num_fitted_) - effective - 1, 1.0);
      determined += effective;
      moment += total.row(i).head(n).squaredNorm();
      // Without a prior, the coefficients' own errors are a part of their squares.
      if (penalty.isZero(0)) moment -= noise(i) * inverse.row(i).sum();
    }
    const double least = kLeastMoment * total.leftCols(n).squaredNorm();
    const double variance = std::max(moment, least) / std::max(determined, 1.0);
    for (Eigen::Index i = 0; i < n; ++i) inverse.row(i) = (noise(i) * inverse.row(i)).cwiseSqrt();
    return noise / variance;
  }

  CouplingFit rounded(const Matrix& total) const {
    const std::int64_t n = data_.num_neurons();
    CouplingFit fit;
    fit.coefficients = DenseMatrix(n, n);
    fit.drive.resize(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t j = 0; j < n; ++j) {
        fit.coefficients.at(i, j) = static_cast<double>(static_cast<float>(total(i, j)));
      }
      fit.drive[static_cast<std::size_t>(i)] = total(i, n);
    }
    return fit;
  }

  /// Predicts every sample from its own start, leaves in target_ the change of the inputs that
  /// would mend it, and moves I after the samples where it is not observed (Newton's method on the
  /// whole path). Returns the rms error of E.
  double correct(const CouplingFit& fit) {
    const Eigen::Index rows = e_.rows(), n = e_.cols();
    const Subject brain = brain_of(structure_, fit, options_.known_graph);
    Simulation<double> sim({brain.connectome}, brain.brain,
                           std::vector<std::uint64_t>(static_cast<std::size_t>(rows)), arena_);
    State<double> x = sim.state();
    for (Eigen::Index t = 0; t < rows; ++t) {
      for (Eigen::Index j = 0; j < n; ++j) {
        x.at(t, 0, j) = e_(t, j);
        x.at(t, 1, j) = i_(t, j);
        sim.surgeon().set_current(t, j, inputs_(t, j));
      }
    }
    sim.set_state(x);
    sim.advance_to(structure_.interval * structure_.tau_ms);
    squares_ = Eigen::VectorXd::Zero(n);
    for (Eigen::Index t = 0; t < rows; ++t) {
      for (Eigen::Index j = 0; j < n; ++j) {
        double miss = e_after_(t, j) - sim.state().at(t, 0, j);
        if (!data_.observes_i()) {
          const double moved = i_before(t, j) - i_(t, j);
          i_(t, j) += moved;
          i_after_(t, j) = sim.state().at(t, 1, j) + i_by_i_(t, j) * moved;
          miss -= e_by_i_(t, j) * moved;
        }
        target_(t, j) = miss / std::max(sensitivity_(t, j), kLeastSensitivity);
        if (fitted(t)) squares_(j) += miss * miss;
      }
    }
    return std::sqrt(squares_.sum() / static_cast<double>(num_fitted_ * n));
  }

  static constexpr int kEvidenceRounds = 5;
  /// Rms errors of E below are rounding, of weights to floats and of steps; above, they are noise.
  static constexpr double kRounding = 1e-6;
  /// A move, relative to the coefficients, that changes nothing any more.
  static constexpr double kConverged = 1e-9;
  static constexpr double kConvergedInNoise = 1e-3;
  /// An iteration that leaves more than this share of the rms error has not mended it.
  static constexpr double kStalled = 0.5;
  /// The first estimate of the prior's variance is at least this share of the squares.
  static constexpr double kLeastMoment = 0.01;
  /// Iterations without progress before the fit ends.
  static constexpr std::int64_t kPatience = 3;
  /// Below, a node is saturated and says nothing about its input.
  static constexpr double kLeastSensitivity = 1e-6;

  const Subject& structure_;
  const Dataset& data_;
  const FitOptions& options_;
  NodeMap node_;
  ThreadArena arena_{1};
  Matrix e_, e_after_, inputs_;  // (T x N)
  Matrix i_, i_after_;
  Matrix sensitivity_;           // of E after, to the input
  Matrix e_by_i_, i_by_i_;       // of both after, to I before
  Matrix target_;                // what the inputs should change by
  Eigen::Index num_fitted_ = 0;  // samples
  Eigen::VectorXd squares_;      // (N) errors of E after, summed over the fitted samples
  double rms_before_ = std::numeric_limits<double>::infinity();  // of the iterate before
};

void check(const Subject& structure, const Dataset& data, const FitOptions& options) {
  const auto require = [](bool ok, const char* what, const char* where, const std::string& got,
                          const std::string& allowed) {
    if (!ok) throw ConfigError({what, where, got, allowed, {}});
  };
  const std::int64_t n = structure.connectome->num_neurons();
  require(structure.brain.model.name == "wilson_cowan" && !structure.brain.integrator.adaptive(),
          "no such fit", "structure",
          structure.brain.model.name + ", " + structure.brain.integrator.name,
          "wilson_cowan with fixed steps");
  require(data.num_neurons() == n, "another number of neurons", "recording",
          std::to_string(data.num_neurons()), std::to_string(n));
  const std::int64_t least = 2 + (data.observes_i() ? 0 : options.burn_in);
  require(data.num_samples() >= least, "too few samples to fit", "recording",
          std::to_string(data.num_samples()), "at least " + std::to_string(least));
  for (const DenseMatrix* m : {&data.e, &data.e_after, &data.i, &data.i_after, &data.inputs}) {
    require(std::ranges::all_of(m->values, [](double v) { return std::isfinite(v); }),
            "a value that is not finite", "recording", "nan or inf", "finite values");
  }
}

}  // namespace

CouplingFit fit_coupling(const Subject& structure, const Dataset& data, const FitOptions& options) {
  check(structure, data, options);
  return Fit(structure, data, options).run();
}

Subject brain_of(const Subject& structure, const CouplingFit& fit, bool known_graph) {
  const std::int64_t n = structure.connectome->num_neurons();
  const Support support = support_of(*structure.connectome, known_graph);
  std::vector<Synapse> synapses;
  for (std::int64_t i = 0; i < n; ++i) {
    for (const Eigen::Index j : support[static_cast<std::size_t>(i)]) {
      synapses.push_back({static_cast<std::int32_t>(j), static_cast<std::int32_t>(i),
                          static_cast<float>(fit.coefficients.at(i, j))});
    }
  }
  Subject brain = structure;
  brain.name += ", fitted";
  brain.connectome = std::make_shared<Connectome>(n, synapses, std::span<const Synapse>{},
                                                  structure.connectome->neurons());
  brain.brain.model.wilson_cowan.coupling = 1;
  brain.brain.model.wilson_cowan.gap_coupling = 0;
  brain.brain.drive = {.mean = 0, .sd = 0, .seed = 0, .per_neuron = fit.drive};
  brain.brain.noise.sigma = 0;
  return brain;
}

}  // namespace noesis

#include "physics/discovery/estimators.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.hpp"
#include "core/registry.hpp"
#include "physics/discovery/coupling_fit.hpp"
#include "physics/discovery/dense_view.hpp"

namespace noesis {
namespace {

using Matrix = Eigen::MatrixXd;
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Rows = std::vector<std::int64_t>;

/// Added to the correlation matrix of the regressors.
constexpr double kRidge = 1e-4;

DenseMatrix dense(const Matrix& m) {
  DenseMatrix result(m.rows(), m.cols());
  Eigen::Map<RowMatrix>(result.values.data(), m.rows(), m.cols()) = m;
  return result;
}

Estimate scored(const Matrix& scores, const Matrix& weights) {
  return {
      .scores = dense(scores), .weights = dense(weights), .model = {}, .knows_equations = false};
}
Estimate from_weights(const Matrix& weights) { return scored(weights.cwiseAbs(), weights); }

/// Columns with mean 0 and mean square 1; a constant column becomes 0.
Matrix standardised(Matrix x) {
  for (Eigen::Index c = 0; c < x.cols(); ++c) {
    x.col(c).array() -= x.col(c).mean();
    const double sd = std::sqrt(x.col(c).squaredNorm() / static_cast<double>(x.rows()));
    x.col(c) *= sd > 1e-12 ? 1 / sd : 0;
  }
  return x;
}

/// Ridge regression of all columns of y on x, both standardised, with one factor.
struct Regression {
  Matrix coefficients;       ///< (regressors x targets)
  Matrix inverse;            ///< of the loaded correlation matrix, where asked for
  Eigen::VectorXd residual;  ///< mean square of each target
};
Regression regress(const Matrix& x, const Matrix& y, bool with_inverse) {
  const auto count = static_cast<double>(x.rows());
  Matrix gram = Matrix::Zero(x.cols(), x.cols());
  gram.selfadjointView<Eigen::Lower>().rankUpdate(x.transpose(), 1 / count);
  gram.diagonal().array() += kRidge;
  const Eigen::LLT<Matrix> factor(gram.selfadjointView<Eigen::Lower>());
  Regression r;
  r.coefficients = factor.solve(x.transpose() * y / count);
  r.residual = ((y - x * r.coefficients).colwise().squaredNorm() / count).transpose();
  if (with_inverse) r.inverse = factor.solve(Matrix::Identity(x.cols(), x.cols()));
  return r;
}

Estimate correlation(const Subject&, const Dataset& data) {
  const Matrix e = standardised(view(data.e_after));
  return from_weights(e.transpose() * e / static_cast<double>(e.rows()));
}

Estimate lagged_correlation(const Subject&, const Dataset& data) {
  const Matrix before = standardised(view(data.e));
  const Matrix after = standardised(view(data.e_after));
  return from_weights(after.transpose() * before / static_cast<double>(before.rows()));
}

Estimate granger(const Subject&, const Dataset& data) {
  constexpr Eigen::Index kLags = 3;
  const Eigen::Index n = data.num_neurons();
  std::vector<std::array<std::int64_t, kLags>> samples;  // of each target, its lags
  for (std::int64_t t = 0; t < data.num_samples(); ++t) {
    const std::int64_t before = data.previous[static_cast<std::size_t>(t)];
    const std::int64_t first = before < 0 ? -1 : data.previous[static_cast<std::size_t>(before)];
    if (first >= 0) samples.push_back({t, before, first});
  }
  if (samples.size() < 2) {
    throw ConfigError({"granger needs samples in a row", "samples", std::to_string(samples.size()),
                       "at least 2 with two before each", "raise the budget"});
  }
  const auto count = static_cast<Eigen::Index>(samples.size());
  Matrix x(count, kLags * n), y(count, n);
  const auto e = view(data.e);
  const auto after = view(data.e_after);
  for (Eigen::Index k = 0; k < count; ++k) {
    const auto& lags = samples[static_cast<std::size_t>(k)];
    y.row(k) = after.row(lags[0]);
    for (Eigen::Index l = 0; l < kLags; ++l)
      x.row(k).segment(l * n, n) = e.row(lags[static_cast<std::size_t>(l)]);
  }
  const Regression fit = regress(standardised(std::move(x)), standardised(std::move(y)), true);
  Matrix scores(n, n), weights(n, n);
  for (Eigen::Index j = 0; j < n; ++j) {
    Eigen::Matrix<double, kLags, kLags> block;
    for (Eigen::Index a = 0; a < kLags; ++a) {
      for (Eigen::Index b = 0; b < kLags; ++b) block(a, b) = fit.inverse(a * n + j, b * n + j);
    }
    const auto factor = block.ldlt();
    for (Eigen::Index i = 0; i < n; ++i) {
      Eigen::Vector3d lags;
      for (Eigen::Index a = 0; a < kLags; ++a) lags[a] = fit.coefficients(a * n + j, i);
      scores(i, j) = lags.dot(factor.solve(lags)) / std::max(fit.residual(i), 1e-300);
      weights(i, j) = lags.sum();
    }
  }
  return scored(scores, weights);
}

Estimate var1(const Subject&, const Dataset& data) {
  const Eigen::Index n = data.num_neurons();
  Matrix x(data.num_samples(), (data.observes_i() ? 3 : 2) * n);
  x.leftCols(n) = view(data.e);
  x.middleCols(n, n) = view(data.inputs);
  if (data.observes_i()) x.rightCols(n) = view(data.i);
  const Regression fit =
      regress(standardised(std::move(x)), standardised(view(data.e_after)), false);
  return from_weights(fit.coefficients.topRows(n).transpose());
}

Estimate rate_model(const Subject& subject, const Dataset& data) {
  constexpr double kClip = 0.005;  // a rate that the model cannot reach is moved into (0, 1)
  const double keep = std::exp(-subject.interval);
  const Matrix drive =
      ((view(data.e_after) - keep * view(data.e)) / (1 - keep)).array().max(kClip).min(1 - kClip);
  const Matrix input =
      (drive.array() / (1 - drive.array())).log().matrix() - Matrix(view(data.inputs));
  Matrix x = view(data.e);
  const Eigen::RowVectorXd mean = x.colwise().mean();
  const Eigen::VectorXd sd =
      ((x.rowwise() - mean).colwise().squaredNorm() / static_cast<double>(x.rows()))
          .cwiseSqrt()
          .transpose();
  Matrix y = input.rowwise() - input.colwise().mean();
  const Regression fit = regress(standardised(std::move(x)), y, false);
  Matrix weights = fit.coefficients.transpose();
  for (Eigen::Index j = 0; j < weights.cols(); ++j) weights.col(j) *= sd(j) > 1e-12 ? 1 / sd(j) : 0;
  return from_weights(weights);
}

Estimate model_form(const Subject& subject, const Dataset& data) {
  const CouplingFit fit = fit_coupling(subject, data, {.known_graph = false});
  Estimate result = from_weights(view(fit.coefficients));
  result.model = brain_of(subject, fit, false);
  result.knows_equations = true;
  return result;
}

Estimate twin(const Subject&, const Dataset& data) {
  const Eigen::Index n = data.num_neurons();
  Matrix products = Matrix::Zero(n, n);
  Eigen::VectorXd squares = Eigen::VectorXd::Zero(n);
  const auto after = view(data.e_after);
  for (std::int64_t t = 0; t < data.num_samples(); ++t) {
    const std::int64_t other = data.twin[static_cast<std::size_t>(t)];
    if (other < 0) continue;
    const std::int64_t j = data.site[static_cast<std::size_t>(t)];
    const Eigen::VectorXd change = (after.row(t) - after.row(other)).transpose();
    products.col(j) += change * change(j);
    squares(j) += change(j) * change(j);
  }
  if (squares.isZero(0)) {
    throw ConfigError({"the estimator 'twin' compares twins", "policy", "no twins", "twin", {}});
  }
  for (Eigen::Index j = 0; j < n; ++j) products.col(j) *= squares(j) > 0 ? 1 / squares(j) : 0;
  return from_weights(products);
}

using Estimator = Estimate (*)(const Subject&, const Dataset&);

const Registry<Estimator>& estimators() {
  static const Registry<Estimator> registry = [] {
    Registry<Estimator> r("estimator");
    r.add("correlation", correlation);
    r.add("lagged_correlation", lagged_correlation);
    r.add("granger", granger);
    r.add("var1", var1);
    r.add("rate_model", rate_model);
    r.add("model_form", model_form);
    r.add("twin", twin);
    return r;
  }();
  return registry;
}

void check(const Dataset& data) {
  ensure(data.num_samples() > 0, "estimates are made of samples");
  for (const DenseMatrix* m : {&data.e, &data.e_after, &data.i, &data.i_after, &data.inputs}) {
    const auto bad = std::ranges::find_if(m->values, [](double v) { return !std::isfinite(v); });
    if (bad == m->values.end()) continue;
    const std::int64_t at = bad - m->values.begin();
    throw ConfigError({.what = "a value that is not finite",
                       .where = "sample " + std::to_string(at / m->cols) + ", neuron " +
                                std::to_string(at % m->cols),
                       .got = std::to_string(*bad),
                       .allowed = "finite values",
                       .next = "leave such samples out"});
  }
}

}  // namespace

std::vector<std::string> estimator_names() { return estimators().names(); }

Estimate estimate(const std::string& name, const Subject& subject, const Dataset& data) {
  const Estimator estimator = estimators().get(name);
  check(data);
  return estimator(subject, data);
}

}  // namespace noesis

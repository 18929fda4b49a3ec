// Oja's rule on samples finds the principal eigenvector; Hebb's rule on the same ones explodes.

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "core/rng.hpp"
#include "physics/plasticity/oja.hpp"
#include "tests/plasticity/brains.hpp"

namespace noesis {
namespace {

constexpr int kSamples = 20000;
constexpr double kRate = 0.001;

/// Samples of x ~ N(0, C) for the first neurons of a brain, 0 for the others.
class Inputs {
 public:
  Inputs(const Eigen::MatrixXd& covariance, std::int64_t num_neurons, std::uint64_t seed)
      : factor_(covariance.llt().matrixL()),
        random_(seed, Stream::kTask),
        white_(covariance.rows()),
        values_(num_neurons) {}

  const std::vector<double>& next() {
    for (double& value : white_) value = random_.normal();
    Eigen::Map<Eigen::VectorXd>(values_.data(), white_.size()) = factor_ * white_;
    return values_;
  }

 private:
  Eigen::MatrixXd factor_;
  RandomSequence random_;
  Eigen::VectorXd white_;
  std::vector<double> values_;
};

std::vector<double> respond(const PlasticConnectome& brain, const std::vector<double>& x) {
  std::vector<double> y(x.size());
  for (std::int64_t row = 0; row < brain.num_neurons(); ++row) {
    const auto sources = brain.row_sources(row);
    for (std::size_t k = 0; k < sources.size(); ++k) {
      y[row] += double{brain.row_weights(row)[k]} * x[sources[k]];
    }
  }
  return y;
}

/// Principal eigenvector of C restricted to the support of a row.
Eigen::VectorXd principal(const Eigen::MatrixXd& covariance,
                          std::span<const std::int32_t> support) {
  const auto size = static_cast<Eigen::Index>(support.size());
  Eigen::MatrixXd part(size, size);
  for (Eigen::Index i = 0; i < size; ++i) {
    for (Eigen::Index j = 0; j < size; ++j) part(i, j) = covariance(support[i], support[j]);
  }
  return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(part).eigenvectors().col(size - 1);
}

void learn(PlasticConnectome& brain, const Eigen::MatrixXd& covariance, std::uint64_t seed) {
  const ThreadArena arena(1);
  Inputs inputs(covariance, brain.num_neurons(), seed);
  for (int k = 0; k < kSamples; ++k) {
    const std::vector<double>& x = inputs.next();
    const std::vector<double> y = respond(brain, x);
    oja(brain, std::span<const double>(x), std::span<const double>(y), kRate, arena);
  }
}

void expect_principal(const PlasticConnectome& brain, const Eigen::MatrixXd& covariance,
                      std::int64_t row) {
  const auto weights = brain.row_weights(row);
  const Eigen::VectorXd learnt =
      Eigen::Map<const Eigen::VectorXf>(weights.data(), std::int64_t(weights.size()))
          .cast<double>();
  const Eigen::VectorXd wanted = principal(covariance, brain.row_sources(row));
  EXPECT_GT(std::abs(learnt.dot(wanted)) / learnt.norm(), 0.99) << "row " << row;
  EXPECT_NEAR(learnt.norm(), 1, 0.01) << "row " << row;
}

TEST(OjaReference, TwoInputsTwentySeeds) {
  const Eigen::Matrix2d covariance{{3, 1}, {1, 3}};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::vector<Synapse> edges = {{0, 2, 0.5f}, {1, 2, 0}};
    PlasticConnectome brain(Connectome(3, edges));
    learn(brain, covariance, seed);
    expect_principal(brain, covariance, 2);
  }
}

// Mutation: a sum over all inputs in place of those of the row would find another vector.
TEST(OjaReference, EachRowFindsTheVectorOfItsSupport) {
  constexpr std::int32_t kInputs = 12;
  constexpr std::int32_t kOutputs = 6;
  const std::vector<double> loads = testing::uniforms(kInputs, 4);
  Eigen::VectorXd common(kInputs);
  for (int j = 0; j < kInputs; ++j) common[j] = (j % 2 == 0 ? 1 : -1) * (0.5 + loads[j]);
  const Eigen::MatrixXd covariance =
      Eigen::MatrixXd::Identity(kInputs, kInputs) + common * common.transpose();
  std::vector<Synapse> edges;
  for (std::int32_t output = 0; output < kOutputs; ++output) {
    for (std::int32_t k = 0; k <= output; ++k) {
      edges.push_back({(3 * output + 2 * k) % kInputs, kInputs + output, 0.3f});
    }
  }
  PlasticConnectome brain(Connectome(kInputs + kOutputs, edges));
  learn(brain, covariance, 1);
  for (std::int64_t row = kInputs; row < kInputs + kOutputs; ++row) {
    expect_principal(brain, covariance, row);
  }
}

// The control: dw = eta x y, without the term that holds the norm.
TEST(OjaReference, PlainHebbDiverges) {
  const Eigen::Matrix2d covariance{{3, 1}, {1, 3}};
  Inputs inputs(covariance, 2, 1);
  Eigen::Vector2d weights(0.5, 0);
  for (int k = 0; k < kSamples && weights.norm() < 1e6; ++k) {
    const std::vector<double>& x = inputs.next();
    const double y = weights[0] * x[0] + weights[1] * x[1];
    for (int j = 0; j < 2; ++j) weights[j] = oja_step(weights[j], x[j] * y, 0.0, kRate);
  }
  EXPECT_GT(weights.norm(), 1e3);
}

}  // namespace
}  // namespace noesis

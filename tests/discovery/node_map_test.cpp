/// The parts of a fit: one node's flow, and least squares of many rows.

#include "physics/discovery/node_map.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/rng.hpp"
#include "physics/discovery/row_fit.hpp"
#include "tests/discovery/brains.hpp"

namespace noesis {
namespace {

// As the brain's own integrator moves a node that nobody drives. Goes red when the step, their
// number or the input differs.
TEST(NodeMap, StepsAsTheBrainDoes) {
  Subject brain = chain_brain(1);
  brain.brain.drive.per_neuron = {1.3, 0.2, 0.2, 0.2};
  const ThreadArena arena(1);
  const auto simulation = make_simulation(brain, 1, arena);
  State<double> x = simulation->state();
  x.at(0, 0, 0) = 0.31;
  x.at(0, 1, 0) = 0.12;
  simulation->set_state(x);
  simulation->surgeon().set_current(0, 0, 0.7);
  simulation->advance_to(brain.interval * brain.tau_ms);
  const NodeStep step = NodeMap(brain).step(0.31, 0.12, 2.0);
  EXPECT_NEAR(step.e, simulation->state().at(0, 0, 0), 1e-13);
  EXPECT_NEAR(step.i, simulation->state().at(0, 1, 0), 1e-13);
}

TEST(NodeMap, DerivativesAreThoseOfTheStep) {
  const NodeMap node(chain_brain(1));
  constexpr double kH = 1e-5;
  for (const double input : {-1.0, 1.25, 4.0}) {
    const NodeStep here = node.step(0.3, 0.2, input);
    const NodeStep up = node.step(0.3, 0.2, input + kH), down = node.step(0.3, 0.2, input - kH);
    EXPECT_NEAR(here.e_by_input, (up.e - down.e) / (2 * kH), 1e-8);
    EXPECT_NEAR(here.i_by_input, (up.i - down.i) / (2 * kH), 1e-8);
    const NodeStep more = node.step(0.3, 0.2 + kH, input), less = node.step(0.3, 0.2 - kH, input);
    EXPECT_NEAR(here.e_by_i, (more.e - less.e) / (2 * kH), 1e-8);
    EXPECT_NEAR(here.i_by_i, (more.i - less.i) / (2 * kH), 1e-8);
  }
}

// Goes red when Newton's method is left without its longest step: far guesses jump past the
// sigmoid.
TEST(NodeMap, FindsTheInputOfAStep) {
  const NodeMap node(chain_brain(1));
  for (const double input : {-2.0, 0.5, 1.25, 6.0}) {
    for (const double guess : {-5.0, 0.0, 9.0, 1e9}) {
      const double e_after = node.step(0.3, 0.2, input).e;
      EXPECT_NEAR(node.input_between(0.3, 0.2, e_after, guess), input, 1e-6) << guess;
    }
  }
  // No input does that: the nearest tried, within bounds.
  for (const double unreachable : {-1.0, 5.0, 1e300}) {
    EXPECT_LE(std::abs(node.input_between(0.3, 0.2, unreachable, 0)), NodeMap::kLargestInput);
  }
}

class Rows : public testing::Test {
 protected:
  static constexpr Eigen::Index kSamples = 40, kRegressors = 3;
  using Matrix = RowFit::Matrix;

  Rows() : x_(kSamples, kRegressors), weights_(kSamples, 2), y_(kSamples, 2) {
    RandomSequence random(1, Stream::kVerdict);
    for (double& v : x_.reshaped()) v = random.normal();
    for (double& v : weights_.reshaped()) v = random.uniform();
    for (double& v : y_.reshaped()) v = random.normal();
  }

  /// The normal matrix of a row, the constant last.
  Matrix normal(Eigen::Index row, double penalty) const {
    Matrix z(kSamples, kRegressors + 1);
    z << x_, Eigen::VectorXd::Ones(kSamples);
    Matrix result = z.transpose() * weights_.col(row).asDiagonal() * z;
    result.diagonal().head(kRegressors).array() += penalty;
    return result;
  }

  Matrix x_, weights_, y_;
  std::vector<std::vector<Eigen::Index>> all_ = {{0, 1, 2}, {0, 1, 2}};
};

// The gradient of the penalised squares is 0 at the solution. Goes red when weights are squared,
// the constant is penalised, or the penalty pulls to `current` rather than to 0.
TEST_F(Rows, SolveThePenalisedNormalEquations) {
  const Eigen::Vector2d penalty(0.5, 2);
  const RowFit fit(x_, weights_, all_, penalty, 0);
  Matrix total = Matrix::Zero(2, 4);
  Matrix rest = y_;
  for (int round = 0; round < 2; ++round) {
    const Matrix change = fit.solve(rest, total);
    if (round == 1) {
      EXPECT_LT(change.norm(), 1e-12);
    }
    total += change;
    rest = y_ - x_ * total.leftCols(3).transpose();
    rest.rowwise() -= total.col(3).transpose();
  }
  for (Eigen::Index row = 0; row < 2; ++row) {
    const Eigen::VectorXd weighted = weights_.col(row).cwiseProduct(rest.col(row));
    EXPECT_NEAR(weighted.sum(), 0, 1e-12);
    const Eigen::VectorXd gradient =
        x_.transpose() * weighted - penalty(row) * total.row(row).head(3).transpose();
    EXPECT_LT(gradient.norm(), 1e-12);
  }
  const Matrix inverse = fit.inverse_diagonals();
  for (Eigen::Index row = 0; row < 2; ++row) {
    const Eigen::VectorXd expected = normal(row, penalty(row)).inverse().diagonal();
    for (Eigen::Index j = 0; j < 3; ++j) EXPECT_NEAR(inverse(row, j), expected(j), 1e-12);
  }
}

TEST_F(Rows, UseTheirSupportOnly) {
  const RowFit fit(x_, weights_, {{2}, {}}, Eigen::Vector2d::Zero(), 0);
  const Matrix change = fit.solve(y_, Matrix::Zero(2, 4));
  EXPECT_EQ(change(0, 0), 0);
  EXPECT_EQ(change(0, 1), 0);
  EXPECT_NE(change(0, 2), 0);
  EXPECT_EQ(change.row(1).head(3).norm(), 0);
  const double mean = weights_.col(1).dot(y_.col(1)) / weights_.col(1).sum();
  EXPECT_NEAR(change(1, 3), mean, 1e-12);
}

// A node that is saturated in every sample has weight 0 everywhere, and is left as it is.
TEST_F(Rows, WithoutWeightSayNothing) {
  weights_.col(1).setZero();
  const RowFit fit(x_, weights_, all_, Eigen::Vector2d::Zero(), 1e-12);
  const Matrix change = fit.solve(y_, Matrix::Zero(2, 4));
  EXPECT_GT(change.row(0).norm(), 0);
  EXPECT_EQ(change.row(1).norm(), 0);
}

}  // namespace
}  // namespace noesis

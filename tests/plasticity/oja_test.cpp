#include "physics/plasticity/oja.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "tests/plasticity/brains.hpp"

namespace noesis {
namespace {

// w += eta (C w - (w' C w) w) by oja_step on the mean products <x_j y> = (C w)_j, <y^2> = w' C w.
// The reference values are those of the map in double. Mutation: w' w for w' C w.
TEST(Oja, MeanMapHasReferenceValues) {
  const Eigen::Matrix2d covariance{{3, 1}, {1, 3}};
  Eigen::Vector2d weights(0.5, 0);
  const auto run = [&](int num_steps) {
    for (int k = 0; k < num_steps; ++k) {
      const Eigen::Vector2d xy = covariance * weights;
      const double yy = weights.dot(xy);
      for (int j = 0; j < 2; ++j) weights[j] = oja_step(weights[j], xy[j], yy, 0.01);
    }
  };
  run(100);
  EXPECT_NEAR(weights[0], 0.7950152376394473, 1e-13);
  EXPECT_NEAR(weights[1], 0.6053904420578369, 1e-13);
  run(900);
  EXPECT_NEAR(weights[0], 0.7071067824, 1e-10);
  EXPECT_NEAR(weights[1], 0.7071067800, 1e-10);
}

// Rows of any support equal the dense rule W += eta (y x' - diag(y^2) W) under a mask.
TEST(Oja, SparseEqualsMaskedDense) {
  constexpr int kNeurons = 30;
  const Connectome brain = testing::random_brain(kNeurons, 0.3, 5);
  Eigen::MatrixXd dense = Eigen::MatrixXd::Zero(kNeurons, kNeurons);
  Eigen::MatrixXd mask = dense;
  std::vector<std::vector<double>> rows(kNeurons);
  for (const Synapse& edge : brain.edges()) {
    dense(edge.target, edge.source) = edge.weight;
    mask(edge.target, edge.source) = 1;
    rows[edge.target].push_back(edge.weight);
  }
  PlasticConnectome table(brain);
  const ThreadArena arena(1);
  for (std::uint64_t step = 0; step < 200; ++step) {
    const std::vector<double> x = testing::normals(kNeurons, 2 * step);
    const std::vector<double> y = testing::normals(kNeurons, 2 * step + 1);
    const Eigen::Map<const Eigen::VectorXd> dense_x(x.data(), kNeurons);
    const Eigen::Map<const Eigen::VectorXd> dense_y(y.data(), kNeurons);
    const Eigen::MatrixXd change =
        dense_y * dense_x.transpose() - dense_y.array().square().matrix().asDiagonal() * dense;
    dense += 0.01 * change.cwiseProduct(mask);
    for (int row = 0; row < kNeurons; ++row) {
      oja_row(brain.synapses().row_sources(row), std::span<double>(rows[row]),
              std::span<const double>(x), y[row], 0.01);
    }
    oja(table, std::span<const double>(x), std::span<const double>(y), 0.01, arena);
  }
  for (int row = 0; row < kNeurons; ++row) {
    const auto sources = brain.synapses().row_sources(row);
    for (std::size_t k = 0; k < sources.size(); ++k) {
      EXPECT_NEAR(rows[row][k], dense(row, sources[k]), 1e-12);
      // The table rounds to float at each step.
      EXPECT_NEAR(table.row_weights(row)[k], dense(row, sources[k]), 200 * 0x1p-23);
    }
  }
}

TEST(Oja, RefusesWrongRatesAndSizes) {
  PlasticConnectome brain(testing::random_brain(3, 1, 1));
  const ThreadArena arena(1);
  const std::vector<double> x(3);
  const std::span<const double> view(x);
  for (const double rate : {0.0, -1.0, 1.5, double{NAN}}) {
    EXPECT_THROW(oja(brain, view, view, rate, arena), ConfigError);
  }
  EXPECT_THROW(oja(brain, view.first(2), view, 0.1, arena), InternalError);
}

}  // namespace
}  // namespace noesis

#include "physics/plasticity/weight_decay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/plasticity/brains.hpp"

namespace noesis {
namespace {

using ::testing::ElementsAre;

TEST(WeightDecay, IsExactForAnyStep) {
  const ThreadArena arena(1);
  const Connectome start = testing::random_brain(20, 0.5, 1);
  PlasticConnectome once(start);
  PlasticConnectome often(start);
  decay_weights(once, {.tau_ms = 50}, 100, arena);
  for (int k = 0; k < 100; ++k) decay_weights(often, {.tau_ms = 50}, 1, arena);
  for (std::int64_t row = 0; row < 20; ++row) {
    const auto before = start.synapses().row_weights(row);
    for (std::size_t k = 0; k < before.size(); ++k) {
      const double wanted = before[k] * std::exp(-2.0);
      EXPECT_NEAR(once.row_weights(row)[k], wanted, 1e-7 * std::abs(wanted));
      EXPECT_NEAR(often.row_weights(row)[k], wanted, 100 * 0x1p-24 * std::abs(wanted));
    }
  }
}

// Mutations: sparing by signed weight; sparing the weakest.
TEST(WeightDecay, SparesTheStrongestOfEachNeuron) {
  const ThreadArena arena(1);
  const std::vector<Synapse> edges = {{0, 0, 1},    {1, 0, -4}, {2, 0, 2}, {3, 0, 3},
                                      {4, 0, 0.5f}, {0, 1, 9},  {1, 1, 1}};
  PlasticConnectome brain(Connectome(5, edges));
  const float half = 0.5f;
  decay_weights(brain, {.tau_ms = 1 / std::log(2.0), .spared_fraction = 0.4}, 1, arena);
  EXPECT_THAT(std::vector<float>(brain.row_weights(0).begin(), brain.row_weights(0).end()),
              ElementsAre(half, -4, 1, 3, 0.25f));
  EXPECT_THAT(std::vector<float>(brain.row_weights(1).begin(), brain.row_weights(1).end()),
              ElementsAre(4.5f, half));
}

TEST(WeightDecay, TiesAreSparedTogether) {
  const ThreadArena arena(1);
  const std::vector<Synapse> edges = {{0, 0, 1}, {1, 0, -2}, {2, 0, 2}};
  PlasticConnectome brain(Connectome(3, edges));
  decay_weights(brain, {.tau_ms = 1, .spared_fraction = 0.34}, 1, arena);
  EXPECT_EQ(brain.row_weights(0)[1], -2);
  EXPECT_EQ(brain.row_weights(0)[2], 2);
}

TEST(WeightDecay, RefusesParametersOutOfRange) {
  const ThreadArena arena(1);
  PlasticConnectome brain(testing::random_brain(3, 1, 1));
  EXPECT_THROW(decay_weights(brain, {.tau_ms = 0}, 1, arena), ConfigError);
  EXPECT_THROW(decay_weights(brain, {.tau_ms = 1, .spared_fraction = 1}, 1, arena), ConfigError);
  EXPECT_THROW(decay_weights(brain, {.tau_ms = 1}, 0, arena), ConfigError);
  EXPECT_THROW(decay_weights(brain, {.tau_ms = 1e9}, 1, arena), ConfigError);
  EXPECT_THROW(decay_weights(brain, {.tau_ms = 1}, NAN, arena), ConfigError);
}

}  // namespace
}  // namespace noesis

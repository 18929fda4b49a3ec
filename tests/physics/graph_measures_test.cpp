#include "physics/graph_measures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "physics/generators.hpp"

namespace noesis {
namespace {

using testing::ElementsAre;

Connectome graph(std::int64_t n, std::initializer_list<std::pair<int, int>> edges) {
  std::vector<Synapse> synapses;
  for (const auto& [source, target] : edges) synapses.push_back({source, target, 1.0f});
  return Connectome(n, synapses);
}

// Red when a pair that goes both ways counts as two neighbours, or an autapse as one.
TEST(GraphMeasures, ClusteringOfSmallGraphs) {
  EXPECT_EQ(clustering_coefficient(graph(3, {{0, 1}, {1, 0}, {1, 2}, {0, 2}, {1, 1}})).value, 1);
  EXPECT_EQ(clustering_coefficient(graph(3, {{0, 1}, {1, 2}})).value, 0);
  // A triangle with a tail: 3 closed ends of 5 triads.
  EXPECT_EQ(clustering_coefficient(graph(4, {{0, 1}, {1, 2}, {2, 0}, {2, 3}})).value, 0.6);
  EXPECT_EQ(clustering_coefficient(graph(2, {{0, 1}})).value, 0);
}

// Red when sampled triads are not uniform over all triads.
TEST(GraphMeasures, SampledClusteringIsNearTheExactOne) {
  // 600 neurons of which everyone has 100 neighbours on a ring: 3 (k - 2) / (4 (k - 1)).
  const Connectome small =
      smallworld_connectome({.num_neurons = 600, .neighbours = 100, .rewiring = 0}, 1);
  EXPECT_TRUE(clustering_coefficient(small).is_exact);
  EXPECT_NEAR(clustering_coefficient(small).value, 3.0 * 98 / (4 * 99), 1e-12);
  const Connectome large =
      smallworld_connectome({.num_neurons = 6000, .neighbours = 100, .rewiring = 0}, 1);
  EXPECT_FALSE(clustering_coefficient(large).is_exact);
  EXPECT_NEAR(clustering_coefficient(large).value, 3.0 * 98 / (4 * 99), 5 * 0.0004);
}

TEST(GraphMeasures, ReciprocityAndComponents) {
  const Connectome c = graph(7, {{0, 1}, {1, 0}, {1, 2}, {4, 5}, {6, 6}});
  EXPECT_EQ(reciprocity(c), 0.5);
  EXPECT_THAT(component_sizes(c), ElementsAre(3, 2, 1, 1));
  EXPECT_EQ(reciprocity(graph(2, {})), 0);
}

// Red when the growth is taken from too early powers: the second run has no eigenvalues to go by.
TEST(GraphMeasures, SpectralRadiusFollowsTheCircularLaw) {
  const Measure dense = spectral_radius(random_connectome({.num_neurons = 900, .gain = 2}, 3));
  EXPECT_TRUE(dense.is_exact);
  EXPECT_NEAR(dense.value, 2, 0.15);
  const RandomParameters sparse{.num_neurons = 4000, .in_degree = 40, .gain = 2};
  const Measure grown = spectral_radius(random_connectome(sparse, 3));
  EXPECT_FALSE(grown.is_exact);
  EXPECT_NEAR(grown.value, 2, 0.15);
  EXPECT_EQ(spectral_radius(graph(3, {{0, 1}, {1, 2}})).value, 0);
}

// Red when rewiring draws a source twice, or beta is the share of links that stay.
TEST(SmallworldConnectome, GoesFromRingToRandom) {
  const auto of = [](double beta) {
    return smallworld_connectome({.num_neurons = 2000, .neighbours = 10, .rewiring = beta}, 5);
  };
  const Connectome ring = of(0), mixed = of(0.1), random = of(1);
  for (const std::int32_t k : mixed.synapses().row_count) EXPECT_EQ(k, 10);
  EXPECT_TRUE(ring.has_synapse(1999, 0) && ring.has_synapse(5, 0) && !ring.has_synapse(6, 0));
  EXPECT_EQ(reciprocity(ring), 1);
  double moved = 0;
  for (const Synapse& e : mixed.edges()) moved += !ring.has_synapse(e.source, e.target);
  EXPECT_NEAR(moved / 20000, 0.1, 5 * std::sqrt(0.09 / 20000));
  EXPECT_NEAR(clustering_coefficient(ring).value, 2.0 / 3, 1e-12);
  EXPECT_LT(clustering_coefficient(random).value, 0.02);
  // Watts and Strogatz: clustering stays where few links have moved.
  EXPECT_GT(clustering_coefficient(mixed).value, 0.4);
  EXPECT_EQ(of(0.1).digest(), mixed.digest());
}

// Red when the mirror is drawn for each direction, chance is not taken off, or modules are of the
// wrong size.
TEST(FlylikeConnectome, HasTheStatisticsAskedFor) {
  const FlylikeParameters parameters{.num_neurons = 20000};
  const Connectome c = flylike_connectome(parameters, 7);
  const double n = 20000;
  EXPECT_NEAR(static_cast<double>(c.num_synapses()) / n, 20.4, 0.6);
  EXPECT_NEAR(reciprocity(c), 0.138, 0.015);
  EXPECT_NEAR(clustering_coefficient(c).value, 0.046, 0.007);
  EXPECT_EQ(component_sizes(c).front(), 20000);
  double log_sum = 0, log_squares = 0, rows = 0;
  for (const std::int32_t k : c.synapses().row_count) {
    if (k == 0) continue;
    log_sum += std::log(k);
    log_squares += std::log(k) * std::log(k);
    ++rows;
  }
  EXPECT_NEAR(std::sqrt(log_squares / rows - log_sum * log_sum / (rows * rows)), 0.9, 0.15);
  // Dale: all that a neuron sends has its sign.
  const auto& sign = c.neurons().sign;
  const auto inhibitory = static_cast<double>(std::count(sign.begin(), sign.end(), -1));
  EXPECT_NEAR(inhibitory / n, 0.4, 5 * std::sqrt(0.24 / n));
  for (const Synapse& e : c.edges())
    ASSERT_GT(e.weight * static_cast<float>(sign[static_cast<std::size_t>(e.source)]), 0);
  EXPECT_EQ(flylike_connectome(parameters, 7).digest(), c.digest());
  EXPECT_NE(flylike_connectome(parameters, 8).digest(), c.digest());
}

// Without modules and mirrors, neither is there: the statistics above are not those of any graph.
TEST(FlylikeConnectome, ARandomGraphHasThemNot) {
  const Connectome c = random_connectome({.num_neurons = 20000, .in_degree = 20}, 7);
  EXPECT_LT(reciprocity(c), 0.01);
  EXPECT_LT(clustering_coefficient(c).value, 0.01);
}

}  // namespace
}  // namespace noesis

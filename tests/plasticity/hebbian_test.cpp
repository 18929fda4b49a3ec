#include "physics/plasticity/hebbian.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Dense>

#include "physics/simulation.hpp"
#include "tests/core/error_of.hpp"
#include "tests/core/temp_folder.hpp"
#include "tests/plasticity/brains.hpp"

namespace noesis {
namespace {

using test::error_of;
using ::testing::HasSubstr;

// Mutations: x and m exchanged; the decay of before a change taken from after it.
TEST(Hebbian, SparseEqualsMaskedDense) {
  constexpr int kNeurons = 30;
  const Connectome brain = testing::random_brain(kNeurons, 0.3, 5);
  Eigen::MatrixXd dense = Eigen::MatrixXd::Zero(kNeurons, kNeurons), mask = dense;
  for (const Synapse& edge : brain.edges()) {
    dense(edge.target, edge.source) = edge.weight;
    mask(edge.target, edge.source) = 1;
  }
  PlasticConnectome table(brain);
  const ThreadArena arena(1);
  const HebbianSpec spec{.learning_rate = 0.01, .decay = 0.02};
  for (std::uint64_t step = 0; step < 200; ++step) {
    const std::vector<double> x = testing::normals(kNeurons, 2 * step);
    const std::vector<double> m = testing::normals(kNeurons, 2 * step + 1);
    const Eigen::Map<const Eigen::VectorXd> dense_x(x.data(), kNeurons);
    const Eigen::Map<const Eigen::VectorXd> dense_m(m.data(), kNeurons);
    dense += (0.01 * dense_m * dense_x.transpose()).cwiseProduct(mask) - 0.02 * dense;
    hebbian(table, std::span<const double>(x), std::span<const double>(m), spec, arena);
  }
  for (const Synapse& edge : table.edges()) {
    EXPECT_NEAR(edge.weight, dense(edge.target, edge.source), 1e-5);
  }
}

TEST(Hebbian, RefusesImpossibleParameters) {
  PlasticConnectome table(testing::random_brain(4, 1, 1));
  const ThreadArena arena(1);
  const std::vector<double> x(4);
  const auto run = [&](HebbianSpec spec) {
    hebbian(table, std::span<const double>(x), std::span<const double>(x), spec, arena);
  };
  EXPECT_THAT(error_of<ConfigError>([&] { run({.learning_rate = 0}); }),
              HasSubstr("learning_rate"));
  EXPECT_THAT(error_of<ConfigError>([&] { run({.decay = 1}); }), HasSubstr("decay"));
}

/// Two neurons with constant drive; 0 drives 1.
Simulation<double> taught_pair(const ThreadArena& arena) {
  BrainSpec spec;
  spec.model.name = "rate";
  spec.model.rate = {.tau_ms = 10, .activation = "tanh"};
  spec.drive.per_neuron = {1, 0};
  spec.integrator = {.name = "heun", .dt_ms = 1};
  spec.plasticity.rules = {"hebbian"};
  spec.plasticity.hebbian = {.learning_rate = 0.1, .decay = 0};
  const std::vector<Synapse> edge = {{0, 1, 0}};
  return Simulation<double>({std::make_shared<Connectome>(2, edge)}, spec, {1}, arena);
}

// The delta rule finds the weight that makes the second neuron's state the target; without teaching
// it would stay 0, since the second neuron is silent. Mutation: teaching is not used.
TEST(Hebbian, TeachingByADeltaReachesTheTarget) {
  const ThreadArena arena(1);
  Simulation<double> brain = taught_pair(arena);
  const double target = 0.7;
  for (int t = 1; t <= 2000; ++t) {
    const double factors[] = {0, 0.1 * (target - brain.state().at(0, 0, 1))};
    brain.set_teaching(0, factors);
    brain.advance_to(t);
  }
  EXPECT_NEAR(brain.state().at(0, 0, 1), target, 1e-3);
  EXPECT_NEAR(brain.plastic_connectome(0).row_weights(1)[0], target / std::tanh(1.0), 1e-2);
}

// Mutations: teaching is no part of a checkpoint; it does not end when it is taken back.
TEST(Hebbian, TeachingIsPartOfAllThatIsSaved) {
  const ThreadArena arena(1);
  Simulation<double> brain = taught_pair(arena);
  const double factors[] = {0, 0.5};
  brain.set_teaching(0, factors);
  brain.advance_to(10);
  test::TempFolder folder;
  brain.save(folder / "checkpoint");
  const BrainSnapshot<double> moment = brain.snapshot(0);
  brain.advance_to(20);
  const std::string expected = brain.connectome(0)->digest();
  Simulation<double> loaded = taught_pair(arena);
  loaded.load(folder / "checkpoint");
  loaded.advance_to(20);
  EXPECT_EQ(loaded.connectome(0)->digest(), expected);
  brain.restore(0, moment);
  brain.advance_to(30);
  EXPECT_EQ(brain.connectome(0)->digest(), expected);
  brain.restore(0, moment);
  brain.set_teaching(0, {});
  brain.advance_to(40);
  EXPECT_NE(brain.connectome(0)->digest(), expected);
}

TEST(Hebbian, RefusesTeachingThatNobodyFollows) {
  const ThreadArena arena(1);
  Simulation<double> brain = taught_pair(arena);
  const std::vector<double> three(3), bad = {0, NAN};
  EXPECT_THAT(error_of<ConfigError>([&] { brain.set_teaching(0, three); }), HasSubstr("factors"));
  EXPECT_THAT(error_of<ConfigError>([&] { brain.set_teaching(0, bad); }), HasSubstr("finite"));
  BrainSpec plain;
  Simulation<double> other({std::make_shared<Connectome>(testing::random_brain(4, 1, 1))}, plain,
                           {1}, arena);
  EXPECT_THAT(error_of<ConfigError>([&] { other.set_teaching(0, {}); }), HasSubstr("hebbian"));
  EXPECT_THAT(error_of<ConfigError>([&] { other.edit_connectome(0, [](PlasticConnectome&) {}); }),
              HasSubstr("no rule changes the connectome"));
}

// A brain edited between steps goes on as one that had these synapses from the start. Mutation: the
// kernels go on with the rows of before.
TEST(EditConnectome, IsReadByTheNextStep) {
  const ThreadArena arena(1);
  BrainSpec spec;
  spec.model.name = "rate";
  spec.plasticity.rules = {"hebbian"};
  spec.plasticity.hebbian = {.learning_rate = 1e-3};
  spec.integrator = {.name = "heun", .dt_ms = 1};
  const auto brain = std::make_shared<Connectome>(testing::random_brain(20, 0.5, 3));
  Simulation<double> edited({brain}, spec, {1}, arena);
  const auto halve = [](PlasticConnectome& connectome) {
    connectome.remove_synapses([](const Synapse& edge) { return edge.source % 3 == 0; });
    for (std::int64_t i = 0; i < connectome.num_neurons(); ++i) {
      for (float& weight : connectome.row_weights(i)) weight /= 2;
    }
  };
  edited.edit_connectome(0, halve);
  PlasticConnectome by_hand(*brain);
  halve(by_hand);
  Simulation<double> expected({by_hand.freeze()}, spec, {1}, arena);
  edited.advance_to(50);
  expected.advance_to(50);
  for (std::int64_t i = 0; i < 20; ++i) {
    EXPECT_EQ(edited.state().at(0, 0, i), expected.state().at(0, 0, i)) << i;
  }
  EXPECT_EQ(edited.connectome(0)->digest(), expected.connectome(0)->digest());
  EXPECT_EQ(edited.plasticity(0).num_pruned, brain->num_synapses() - by_hand.num_synapses());
}

// Mutation: the dead are not lesioned.
TEST(EditConnectome, WhoDiesByItIsLesioned) {
  const ThreadArena arena(1);
  BrainSpec spec;
  spec.model.name = "rate";
  spec.plasticity.rules = {"hebbian"};
  spec.integrator = {.name = "heun", .dt_ms = 1};
  const std::vector<Synapse> ring = {{0, 1, 1}, {1, 2, 1}, {2, 0, 1},
                                     {0, 2, 1}, {2, 1, 1}, {1, 0, 1}};
  Simulation<double> brain({std::make_shared<Connectome>(3, ring)}, spec, {1}, arena);
  brain.edit_connectome(0, [](PlasticConnectome& connectome) {
    connectome.prune([](const Synapse& edge) { return edge.target == 1; });
  });
  brain.advance_to(5);
  EXPECT_EQ(brain.plasticity(0).num_died, 1);
  EXPECT_EQ(brain.state().at(0, 0, 1), 0);
  EXPECT_NE(brain.state().at(0, 0, 0), 0);
}

}  // namespace
}  // namespace noesis

#include "physics/plasticity/neurogenesis.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "physics/plasticity/pruning.hpp"
#include "tests/plasticity/brains.hpp"

namespace noesis {
namespace {

constexpr NeurogenesisSpec kSpec{.error_tau_ms = 10,
                                 .threshold = 0.1,
                                 .persistence_ms = 50,
                                 .refractory_ms = 200,
                                 .neurons_per_batch = 3,
                                 .max_neurons = 40,
                                 .num_inputs = 4,
                                 .num_outputs = 6,
                                 .mean_weight = 0.5};

/// Neurons born while the error holds for a time.
std::int64_t births(Neurogenesis& rule, PlasticConnectome& brain, double error, double time) {
  std::int64_t count = 0;
  for (int k = 0; k < time; ++k) count += rule.advance(error, 1, brain).count;
  return count;
}

PlasticConnectome brain_of(std::int32_t num_neurons) {
  return PlasticConnectome(testing::random_brain(num_neurons, 0.3, 1));
}

// Mutation: birth at fixed times.
TEST(Neurogenesis, NeverByTheClock) {
  PlasticConnectome brain = brain_of(10);
  Neurogenesis rule(kSpec, 1);
  EXPECT_EQ(births(rule, brain, 0.099, 100000), 0);
  EXPECT_EQ(brain.num_neurons(), 10);
}

// Mutation: birth as soon as the mean error is above the threshold.
TEST(Neurogenesis, NotByASpikeShorterThanPersistence) {
  PlasticConnectome brain = brain_of(10);
  Neurogenesis rule(kSpec, 1);
  for (int spike = 0; spike < 100; ++spike) {
    EXPECT_EQ(births(rule, brain, 0.3, 30), 0);
    EXPECT_GT(rule.mean_error(), kSpec.threshold);
    EXPECT_EQ(births(rule, brain, 0.0, 60), 0);
  }
}

// One batch, then nothing until the refractory time and one more persistence are over.
TEST(Neurogenesis, PersistentErrorGivesBatchesApart) {
  PlasticConnectome brain = brain_of(10);
  Neurogenesis rule(kSpec, 1);
  std::vector<int> times;
  for (int time = 1; time <= 700; ++time) {
    const Born born = rule.advance(0.3, 1, brain);
    EXPECT_EQ(born.first_id + born.count, brain.num_neurons());
    if (born.count == 0) continue;
    EXPECT_EQ(born.count, 3);
    times.push_back(time);
  }
  // 0.3 (1 - e^(-t / 10)) > 0.1 from t = 5 on.
  EXPECT_EQ(times, (std::vector<int>{54, 304, 554}));
}

TEST(Neurogenesis, LivingNeuronsAreBounded) {
  PlasticConnectome brain = brain_of(10);
  Neurogenesis rule(kSpec, 1);
  EXPECT_EQ(births(rule, brain, 1, 10000), 30);
  EXPECT_EQ(brain.num_alive(), 40);
  // Death makes room, and the dead keep their ids.
  const std::int64_t died = std::int64_t(prune_weak(brain, 0.6, ThreadArena(1)).neurons.size());
  EXPECT_EQ(births(rule, brain, 1, 10000), died);
  EXPECT_EQ(brain.num_alive(), 40);
  EXPECT_EQ(brain.num_neurons(), 40 + died);
}

TEST(Neurogenesis, NewNeuronsHaveDistinctPartnersThatLivedBefore) {
  NeuronTable table;
  table.sign.assign(20, -1);
  std::vector<Synapse> ring;
  for (std::int32_t id = 0; id < 20; ++id) ring.push_back({id, (id + 1) % 20, -1});
  PlasticConnectome brain(Connectome(20, ring, {}, table));
  NeurogenesisSpec spec = kSpec;
  spec.excitatory_fraction = 0.5;
  const Neurogenesis rule(spec, 7);
  const Born born = rule.spawn(10, brain);
  EXPECT_EQ(born.first_id, 20);
  EXPECT_EQ(brain.num_synapses(), 20 + 10 * (4 + 6));
  int excitatory = 0;
  for (std::int64_t id = 20; id < 30; ++id) {
    EXPECT_EQ(brain.row_sources(id).size(), 4u);
    EXPECT_EQ(brain.num_outputs(id), 6);
    for (const std::int32_t source : brain.row_sources(id)) EXPECT_LT(source, 20);
    for (const float weight : brain.row_weights(id)) {
      EXPECT_LT(weight, 0) << "the sign of the source";
      EXPECT_GE(weight, -1) << "twice the mean";
    }
    excitatory += brain.neurons().sign[id] > 0;
  }
  EXPECT_GT(excitatory, 0);
  EXPECT_LT(excitatory, 10);
  for (const Synapse& edge : brain.edges()) {
    if (edge.source < 20) continue;
    EXPECT_EQ(edge.weight > 0, brain.neurons().sign[edge.source] > 0) << "Dale's principle";
  }
}

// What a neuron gets follows from its id: born one at a time or together, partners are the same as
// long as those who live are.
TEST(Neurogenesis, FollowsFromSeedAndId) {
  PlasticConnectome one = brain_of(30);
  PlasticConnectome two = brain_of(30);
  EXPECT_EQ(Neurogenesis(kSpec, 3).spawn(5, one).count, 5);
  Neurogenesis(kSpec, 3).spawn(5, two);
  EXPECT_EQ(one.freeze()->digest(), two.freeze()->digest());
  PlasticConnectome other = brain_of(30);
  Neurogenesis(kSpec, 4).spawn(5, other);
  EXPECT_NE(one.freeze()->digest(), other.freeze()->digest());
  PlasticConnectome first = brain_of(30);
  Neurogenesis(kSpec, 3).spawn(1, first);
  EXPECT_TRUE(std::equal(first.row_sources(30).begin(), first.row_sources(30).end(),
                         one.row_sources(30).begin(), one.row_sources(30).end()));
}

// Each partner is equally likely. Mutation: Floyd's algorithm that forgets its last candidate.
TEST(Neurogenesis, PartnersAreUniform) {
  constexpr int kBirths = 3000;
  std::vector<int> counts(20);
  for (int seed = 0; seed < kBirths; ++seed) {
    PlasticConnectome brain = brain_of(20);
    Neurogenesis(kSpec, 5000 + seed).spawn(1, brain);
    for (const std::int32_t source : brain.row_sources(20)) ++counts[source];
  }
  const double mean = kBirths * 4.0 / 20;
  const double deviation = std::sqrt(mean * (1 - 4.0 / 20));
  for (const int count : counts) EXPECT_NEAR(count, mean, 4 * deviation);
}

TEST(Neurogenesis, RefusesWhatIsOutOfRange) {
  const auto with = [](auto member, auto value) {
    NeurogenesisSpec spec;
    spec.*member = value;
    return spec;
  };
  EXPECT_THROW(Neurogenesis(with(&NeurogenesisSpec::error_tau_ms, 0.0), 1), ConfigError);
  EXPECT_THROW(Neurogenesis(with(&NeurogenesisSpec::threshold, 0.0), 1), ConfigError);
  EXPECT_THROW(Neurogenesis(with(&NeurogenesisSpec::persistence_ms, -1.0), 1), ConfigError);
  EXPECT_THROW(Neurogenesis(with(&NeurogenesisSpec::refractory_ms, NAN), 1), ConfigError);
  EXPECT_THROW(Neurogenesis(with(&NeurogenesisSpec::num_inputs, 0), 1), ConfigError);
  EXPECT_THROW(Neurogenesis(with(&NeurogenesisSpec::max_neurons, 0), 1), ConfigError);
  EXPECT_THROW(Neurogenesis(with(&NeurogenesisSpec::excitatory_fraction, 2.0), 1), ConfigError);
  PlasticConnectome brain = brain_of(3);
  Neurogenesis rule({}, 1);
  EXPECT_THROW(rule.advance(std::numeric_limits<double>::infinity(), 1, brain), RunError);
  EXPECT_THROW(rule.advance(NAN, 1, brain), RunError);
  EXPECT_THROW(rule.advance(1, 0, brain), ConfigError);
}

}  // namespace
}  // namespace noesis

#include "physics/plasticity/structural.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/plasticity/brains.hpp"

namespace noesis {
namespace {

// The published properties of the curve. Mutation: 2 zeta for zeta.
TEST(Structural, GrowthCurve) {
  const auto step =
      StructuralStep::of({.least_calcium = 0.03, .target_calcium = 0.7, .growth_speed = 2}, 1);
  EXPECT_NEAR(growth_rate(step, 0.03), 0, 1e-12);
  EXPECT_NEAR(growth_rate(step, 0.7), 0, 1e-12);
  EXPECT_NEAR(growth_rate(step, 0.365), 2, 1e-12);
  EXPECT_NEAR(growth_rate(step, 1e6), -2, 1e-12);
  EXPECT_GT(growth_rate(step, 0.5), 0);
  EXPECT_LT(growth_rate(step, 0.71), 0);
  EXPECT_LT(growth_rate(step, 0.01), 0);
}

TEST(Structural, CalciumIsExact) {
  const ThreadArena arena(1);
  const StructuralSpec spec{.calcium_tau_ms = 50, .calcium_per_rate = 0.02};
  const PlasticConnectome brain(testing::random_brain(1, 1, 1));
  const std::vector<double> rates = {0.4};
  for (const int num_steps : {1, 7, 1000}) {
    StructuralPlasticity rule(spec, brain, 1);
    for (int k = 0; k < num_steps; ++k) {
      rule.observe(std::span<const double>(rates), 100.0 / num_steps, arena);
    }
    const double rest = 50 * 0.02 * 0.4;
    EXPECT_NEAR(rule.calcium()[0], rest + (0.1 - rest) * std::exp(-2.0), 1e-12);
  }
}

/// A population whose rates rise with their excitatory input, driven until it has settled.
class Population {
 public:
  Population(const StructuralSpec& spec, const Connectome& start, double drive)
      : brain_(start), rule_(spec, brain_, 3), drive_(drive), rates_(start.num_neurons()) {}

  void run(int num_updates) {
    const ThreadArena arena(1);
    for (int update = 0; update < num_updates; ++update) {
      for (int step = 0; step < 50; ++step) {
        std::vector<double> next(rates_.size());
        for (std::int64_t row = 0; row < brain_.num_neurons(); ++row) {
          double input = drive_;
          const auto sources = brain_.row_sources(row);
          for (std::size_t k = 0; k < sources.size(); ++k) {
            input += double{brain_.row_weights(row)[k]} * rates_[sources[k]];
          }
          next[row] = math::sigmoid(input);
        }
        rates_ = next;
        rule_.observe(std::span<const double>(rates_), 1, arena);
      }
      rule_.update(brain_);
    }
  }

  double mean_calcium() const {
    const auto calcium = rule_.calcium();
    return std::accumulate(calcium.begin(), calcium.end(), 0.0) / double(calcium.size());
  }
  const PlasticConnectome& brain() const { return brain_; }
  const StructuralPlasticity& rule() const { return rule_; }

 private:
  PlasticConnectome brain_;
  StructuralPlasticity rule_;
  double drive_;
  std::vector<double> rates_;
};

// From no synapse at all and from all, activity goes to the set point. There r = 0.2 is a stable
// rate of the population: the slope of its recurrent input, 0.3 k r (1 - r) at k = 13.6 inputs, is
// 0.65. Mutations: no removal; vacant elements counted without those in use.
TEST(Structural, WiringBringsActivityToTheSetPoint) {
  const StructuralSpec spec{.calcium_tau_ms = 20,
                            .calcium_per_rate = 0.05,
                            .target_calcium = 0.2,
                            .growth_speed = 0.005,
                            .weight = 0.3};
  Population sparse(spec, Connectome(40, {}), -2.2);
  sparse.run(400);
  EXPECT_GT(sparse.brain().num_synapses(), 40);
  EXPECT_NEAR(sparse.mean_calcium(), 0.2, 0.02);
  std::vector<Synapse> all;
  for (std::int32_t a = 0; a < 40; ++a) {
    for (std::int32_t b = 0; b < 40; ++b) {
      if (a != b) all.push_back({a, b, 0.3f});
    }
  }
  Population dense(spec, Connectome(40, all), -2.2);
  dense.run(400);
  EXPECT_LT(dense.brain().num_synapses(), 39 * 40 / 2);
  EXPECT_NEAR(dense.mean_calcium(), 0.2, 0.02);
}

TEST(Structural, SynapsesNeverExceedElements) {
  const StructuralSpec spec{.calcium_tau_ms = 20, .target_calcium = 0.3, .growth_speed = 0.02};
  Population population(spec, testing::random_brain(30, 0.3, 2), 0);
  for (int round = 0; round < 20; ++round) {
    population.run(1);
    const PlasticConnectome& brain = population.brain();
    for (std::int64_t id = 0; id < 30; ++id) {
      EXPECT_LE(double(brain.row_sources(id).size()), population.rule().dendritic()[id]);
      EXPECT_LE(double(brain.num_outputs(id)), population.rule().axonal()[id]);
      EXPECT_TRUE(brain.alive(id));
    }
  }
}

// 0 -> 1 goes for want of a dendritic element of 1, and then 0 needs no more to go. Mutation:
// outputs counted before the inputs went.
TEST(Structural, RemovesNoMoreThanItMust) {
  const ThreadArena arena(1);
  const std::vector<Synapse> edges = {{0, 1, 1}, {0, 2, 1}};
  const StructuralSpec spec{.calcium_tau_ms = 1, .calcium_per_rate = 1, .growth_speed = 1};
  const std::vector<double> rates = {100, 100, spec.target_calcium};
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    PlasticConnectome brain(Connectome(3, edges));
    StructuralPlasticity rule(spec, brain, seed);
    rule.observe(std::span<const double>(rates), 0.75, arena);
    EXPECT_EQ(rule.axonal()[0], 1.75);
    EXPECT_EQ(rule.update(brain).num_removed, 1);
    EXPECT_EQ(brain.row_sources(2).size(), 1u);
  }
}

TEST(Structural, FollowsNewNeurons) {
  const ThreadArena arena(1);
  PlasticConnectome brain(testing::random_brain(5, 0.5, 1));
  StructuralPlasticity rule({}, brain, 1);
  brain.add_neurons(2);
  EXPECT_THROW(rule.update(brain), InternalError);
  rule.grow(brain);
  EXPECT_EQ(rule.dendritic()[6], 0.5);
  EXPECT_EQ(rule.update(brain).num_removed, 0);
}

TEST(Structural, RefusesParametersOutOfRange) {
  const PlasticConnectome brain(testing::random_brain(2, 1, 1));
  const auto make = [&](const StructuralSpec& spec) { StructuralPlasticity(spec, brain, 1); };
  EXPECT_THROW(make({.calcium_tau_ms = 0}), ConfigError);
  EXPECT_THROW(make({.calcium_per_rate = NAN}), ConfigError);
  EXPECT_THROW(make({.least_calcium = 0.2, .target_calcium = 0.1}), ConfigError);
  EXPECT_THROW(make({.growth_speed = -1}), ConfigError);
  EXPECT_THROW(make({.weight = 0}), ConfigError);
}

}  // namespace
}  // namespace noesis

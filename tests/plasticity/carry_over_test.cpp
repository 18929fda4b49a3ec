// Rules between stretches of a simulation.

#include "physics/plasticity/carry_over.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "physics/plasticity/homeostasis.hpp"
#include "physics/plasticity/neurogenesis.hpp"
#include "physics/plasticity/plastic_connectome.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

using testing::column;
using testing::seeds_from;

constexpr std::int64_t kNeurons = 20;

BrainSpec noisy_spec() {
  BrainSpec spec = testing::wilson_cowan_spec(1);
  spec.noise.sigma = 0.02;
  return spec;
}

void operate(Simulation<double>& sim) {
  sim.surgeon().set_current(0, 3, 0.4);
  sim.surgeon().clamp(1, 5, 0.2);
  sim.surgeon().silence(2, 6);
  sim.surgeon().set_bias(2, 7, 0.9);
}

// Mutations: the place in the noise is lost; an intervention is lost.
TEST(CarryOver, OnTheSameConnectomeNothingShows) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = testing::uneven_brain(kNeurons, 5, 1);
  Simulation<double> whole({brain}, noisy_spec(), seeds_from(1, 3), arena);
  Simulation<double> first({brain}, noisy_spec(), seeds_from(1, 3), arena);
  for (auto* sim : {&whole, &first}) {
    sim->advance_to(1);
    operate(*sim);
    sim->advance_to(2);
  }
  const ConnectomePtr same = PlasticConnectome(*brain).freeze();
  Simulation<double> second({same}, noisy_spec(), seeds_from(70, 3), arena);
  carry_over(first, second);
  whole.advance_to(4);
  second.advance_to(2);
  for (std::int64_t env = 0; env < 3; ++env) {
    EXPECT_EQ(column(second.state(), env), column(whole.state(), env));
  }
}

// New neurons that drive nobody change nobody. Mutation: values of the new number of neurons read
// at the old stride.
TEST(CarryOver, NewNeuronsLeaveTheOthersInPlace) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = testing::uneven_brain(kNeurons, 5, 1);
  const BrainSpec spec = noisy_spec();
  Simulation<double> small({brain}, spec, seeds_from(1, 3), arena);
  operate(small);
  small.advance_to(1);
  PlasticConnectome plastic(*brain);
  const auto added = static_cast<std::int32_t>(plastic.add_neurons(2));
  const std::vector<Synapse> heard = {{1, added, 0.5f}, {4, added + 1, -0.5f}};
  plastic.add_synapses(heard);
  Simulation<double> large({plastic.freeze()}, spec, seeds_from(1, 3), arena);
  const double fresh = large.state().at(1, 0, added);
  carry_over(small, large);
  EXPECT_EQ(large.state().at(1, 0, added), fresh);
  small.advance_to(3);
  large.advance_to(2);
  for (std::int64_t env = 0; env < 3; ++env) {
    for (int c = 0; c < 2; ++c) {
      for (std::int64_t i = 0; i < kNeurons; ++i) {
        ASSERT_EQ(large.state().at(env, c, i), small.state().at(env, c, i));
      }
    }
  }
}

TEST(CarryOver, RefusesWhatDoesNotFit) {
  const ThreadArena arena(1);
  const auto make = [&](std::int64_t num_neurons, std::size_t num_envs, BrainSpec spec) {
    return Simulation<double>({testing::uneven_brain(num_neurons, 5, 1)}, spec,
                              seeds_from(1, num_envs), arena);
  };
  const BrainSpec spec = noisy_spec();
  const Simulation<double> from = make(kNeurons, 2, spec);
  Simulation<double> fewer = make(kNeurons - 1, 2, spec);
  EXPECT_THROW(carry_over(from, fewer), ConfigError);
  Simulation<double> other_batch = make(kNeurons, 3, spec);
  EXPECT_THROW(carry_over(from, other_batch), ConfigError);
  BrainSpec rate;
  rate.model.name = "rate";
  Simulation<double> other_model = make(kNeurons, 2, rate);
  EXPECT_THROW(carry_over(from, other_model), ConfigError);
  BrainSpec adaptive = testing::wilson_cowan_spec(1);
  adaptive.integrator.name = "dopri5";
  Simulation<double> no_grid = make(kNeurons, 2, adaptive);
  EXPECT_THROW(carry_over(from, no_grid), ConfigError);
}

// Growth and homeostasis around a simulation with noise: ten neurons become thirty, and the rates
// of all of them, the newborn too, end near the target. Mutation: no homeostasis, which ends above
// 0.5.
TEST(CarryOver, ABrainGrowsAndKeepsItsRates) {
  const ThreadArena arena(1);
  BrainSpec spec;
  spec.model.name = "rate";
  spec.model.rate.tau_ms = 1;
  spec.model.rate.activation = "logistic";
  spec.drive.mean = -2.2;
  spec.noise.sigma = 0.05;
  spec.integrator = {.name = "heun", .dt_ms = 0.1};
  PlasticConnectome brain(Connectome(10, {}));
  const Neurogenesis births({.num_inputs = 8, .num_outputs = 8, .mean_weight = 0.6}, 2);
  const auto grown_rate = [&](bool with_homeostasis) {
    PlasticConnectome plastic = brain;
    Homeostasis homeostasis({.target_rate = 0.1, .bias_speed = 0.02}, plastic.num_neurons());
    auto sim = std::make_unique<Simulation<double>>(std::vector{plastic.freeze()}, spec,
                                                    seeds_from(1, 1), arena);
    std::vector<double> rates;
    for (int stretch = 0; stretch < 40; ++stretch) {
      if (plastic.num_neurons() < 30) births.spawn(1, plastic);
      homeostasis.grow(plastic.num_neurons());
      auto next = std::make_unique<Simulation<double>>(std::vector{plastic.freeze()}, spec,
                                                       seeds_from(1, 1), arena);
      carry_over(*sim, *next);
      sim = std::move(next);
      for (int t = 1; t <= 40; ++t) {
        sim->advance_to(t);
        sim->output(0, rates);
        if (!with_homeostasis) continue;
        homeostasis.observe(std::span<const double>(rates), 1, arena);
        std::vector<double> bias(rates.size());
        for (std::size_t i = 0; i < bias.size(); ++i) {
          bias[i] = sim->surgeon().bias(0, std::int64_t(i));
        }
        homeostasis.adapt_bias(std::span<double>(bias), arena);
        for (std::size_t i = 0; i < bias.size(); ++i) {
          sim->surgeon().set_bias(0, std::int64_t(i), bias[i]);
        }
        homeostasis.scale(plastic, arena);
      }
    }
    EXPECT_EQ(rates.size(), 30u);
    return std::accumulate(rates.begin(), rates.end(), 0.0) / double(rates.size());
  };
  EXPECT_NEAR(grown_rate(true), 0.1, 0.02);
  EXPECT_GT(grown_rate(false), 0.5);
}

}  // namespace
}  // namespace noesis

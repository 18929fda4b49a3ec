#include "physics/plasticity/homeostasis.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/plasticity/brains.hpp"

namespace noesis {
namespace {

std::span<const double> view(const std::vector<double>& values) { return values; }

TEST(Homeostasis, RefusesParametersOutOfRange) {
  const auto with = [](auto member, double value) {
    HomeostasisSpec spec;
    spec.*member = value;
    return spec;
  };
  EXPECT_THROW(Homeostasis(with(&HomeostasisSpec::target_rate, -1.0), 1), ConfigError);
  EXPECT_THROW(Homeostasis(with(&HomeostasisSpec::rate_tau_ms, 0.0), 1), ConfigError);
  EXPECT_THROW(Homeostasis(with(&HomeostasisSpec::bias_speed, NAN), 1), ConfigError);
  EXPECT_THROW(Homeostasis(with(&HomeostasisSpec::max_bias, 0.0), 1), ConfigError);
  EXPECT_THROW(Homeostasis(with(&HomeostasisSpec::scaling_speed, INFINITY), 1), ConfigError);
  EXPECT_THROW(Homeostasis(with(&HomeostasisSpec::max_weight, 0.0), 1), ConfigError);
}

// Against the solution at a constant rate: rbar = r + (r* - r) e^(-t / tau), b' = eta (r* - rbar).
// Mutation: the Euler step of the filter.
TEST(Homeostasis, IsExactForAnyStep) {
  const ThreadArena arena(1);
  const HomeostasisSpec spec{.target_rate = 0.2, .rate_tau_ms = 3, .bias_speed = 0.05};
  const double rate = 0.7;
  for (const int num_steps : {1, 10, 1000}) {
    Homeostasis rule(spec, 1);
    std::vector<double> bias = {0.5};
    for (int k = 0; k < num_steps; ++k) {
      rule.observe(view({rate}), 6.0 / num_steps, arena);
      rule.adapt_bias(std::span<double>(bias), arena);
    }
    const double kept = std::exp(-2.0);
    EXPECT_NEAR(rule.filtered_rates()[0], rate + (0.2 - rate) * kept, 1e-12);
    const double shortfall = (0.2 - rate) * 6 - (0.2 - rate) * 3 * (1 - kept);
    EXPECT_NEAR(bias[0], 0.5 + 0.05 * shortfall, 1e-12);
  }
}

// w(t) = w(0) exp(beta integral of r* - rbar), whatever the number of calls. Mutation: dropping the
// factors that are too near to one to be written.
TEST(Homeostasis, ScalesByTheExactFactor) {
  const ThreadArena arena(1);
  const HomeostasisSpec spec{.target_rate = 0.5, .rate_tau_ms = 1e-3, .scaling_speed = 0.01};
  const std::vector<Synapse> edges = {{0, 1, 0.25f}, {1, 1, -1.5f}};
  PlasticConnectome brain(Connectome(2, edges));
  Homeostasis rule(spec, 2);
  for (int k = 0; k < 20000; ++k) {
    rule.observe(view({0.5, 0.4}), 0.01, arena);
    rule.scale(brain, arena);
  }
  // 200 time units at a shortfall of 0.1.
  const double factor = std::exp(0.01 * 0.1 * 200);
  EXPECT_NEAR(brain.row_weights(1)[0], 0.25 * factor, 1e-3 * 0.25 * factor);
  EXPECT_NEAR(brain.row_weights(1)[1], -1.5 * factor, 1e-3 * 1.5 * factor);
}

// Weights are float, so that a ratio moves by half a unit in the last place a write: over W writes
// by at most W 2^-23. Mutation: bounds for each weight instead of the row.
TEST(Homeostasis, ScalingKeepsRelativeWeightsAndSigns) {
  const ThreadArena arena(1);
  const HomeostasisSpec spec{.rate_tau_ms = 1, .scaling_speed = 0.05, .max_weight = 20};
  const Connectome start = testing::random_brain(40, 0.3, 3);
  PlasticConnectome brain(start);
  Homeostasis rule(spec, 40);
  const int num_steps = 4000;
  for (int k = 0; k < num_steps; ++k) {
    // Long spells without and with activity, which run into the upper and the lower bound.
    const std::vector<double> rates(40, k < num_steps / 2 ? 0.0 : 40.0);
    rule.observe(view(rates), 1, arena);
    rule.scale(brain, arena);
    if (k != num_steps / 2 - 1) continue;
    for (std::int64_t row = 0; row < 40; ++row) {
      for (const float weight : brain.row_weights(row)) EXPECT_LE(std::abs(weight), 20.0001f);
    }
  }
  for (std::int64_t row = 0; row < 40; ++row) {
    const auto before = start.synapses().row_weights(row);
    const auto after = brain.row_weights(row);
    for (std::size_t k = 0; k < after.size(); ++k) {
      ASSERT_NE(after[k], 0.0f);
      ASSERT_EQ(std::signbit(after[k]), std::signbit(before[k]));
      const double was = double{before[k]} / before[0];
      EXPECT_NEAR(double{after[k]} / after[0] / was, 1, num_steps * 0x1p-23);
    }
  }
}

TEST(Homeostasis, BiasStaysWithinBounds) {
  const ThreadArena arena(1);
  Homeostasis rule({.max_bias = 0.3}, 2);
  std::vector<float> bias = {0, 0};
  const std::vector<float> rates = {0, 1};
  for (int k = 0; k < 1000; ++k) {
    rule.observe(std::span<const float>(rates), 1, arena);
    rule.adapt_bias(std::span<float>(bias), arena);
  }
  EXPECT_FLOAT_EQ(bias[0], 0.3f);
  EXPECT_FLOAT_EQ(bias[1], -0.3f);
}

// A neuron alone, r = logistic(b): its mean rate goes to the target, without ringing.
TEST(Homeostasis, BiasFindsTheTargetRate) {
  const ThreadArena arena(1);
  const HomeostasisSpec spec{.target_rate = 0.1, .rate_tau_ms = 5, .bias_speed = 0.05};
  Homeostasis rule(spec, 1);
  std::vector<double> bias = {3};
  double lowest = 1;
  double rate = 1;
  for (int k = 0; k < 20000; ++k) {
    rate = math::sigmoid(bias[0]);
    lowest = std::min(lowest, rate);
    rule.observe(view({rate}), 0.5, arena);
    rule.adapt_bias(std::span<double>(bias), arena);
  }
  EXPECT_NEAR(rate, 0.1, 1e-6);
  EXPECT_GT(lowest, 0.095);
}

TEST(Homeostasis, NewNeuronsStartAtTheTarget) {
  const ThreadArena arena(1);
  Homeostasis rule({}, 1);
  rule.observe(view({0.9}), 5, arena);
  const double before = rule.filtered_rates()[0];
  rule.grow(3);
  EXPECT_EQ(rule.filtered_rates()[0], before);
  EXPECT_EQ(rule.filtered_rates()[2], 0.1);
  EXPECT_THROW(rule.observe(view({0.9}), 5, arena), InternalError);
}

}  // namespace
}  // namespace noesis

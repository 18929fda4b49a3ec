#include "physics/plasticity/intrinsic_plasticity.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "tests/plasticity/brains.hpp"

namespace noesis {
namespace {

using Spec = IntrinsicPlasticitySpec;

// One step by hand, from the published equations.
TEST(IntrinsicPlasticity, OneStepIsThePublishedOne) {
  const ThreadArena arena(1);
  const std::vector<double> x = {0.7};
  std::vector<double> y(1);
  {
    IntrinsicPlasticity rule({.learning_rate = 0.01, .mean = 0.2}, 1);
    rule.respond(std::span<const double>(x), std::span<double>(y), arena);
    EXPECT_NEAR(y[0], 1 / (1 + std::exp(-0.7)), 1e-15);
    rule.adapt(std::span<const double>(x), std::span<const double>(y), arena);
    const double db = 0.01 * (1 - (2 + 1 / 0.2) * y[0] + y[0] * y[0] / 0.2);
    EXPECT_NEAR(rule.biases()[0], db, 1e-15);
    EXPECT_NEAR(rule.gains()[0], 1 + 0.01 / 1 + 0.7 * db, 1e-15);
  }
  {
    const double mu = 0.1, s2 = 0.3 * 0.3;
    IntrinsicPlasticity rule(
        {.target = "gaussian", .learning_rate = 0.01, .mean = mu, .deviation = 0.3}, 1);
    rule.respond(std::span<const double>(x), std::span<double>(y), arena);
    EXPECT_NEAR(y[0], std::tanh(0.7), 1e-15);
    rule.adapt(std::span<const double>(x), std::span<const double>(y), arena);
    const double db = -0.01 * (-mu / s2 + y[0] / s2 * (2 * s2 + 1 - y[0] * y[0] + mu * y[0]));
    EXPECT_NEAR(rule.biases()[0], db, 1e-15);
    EXPECT_NEAR(rule.gains()[0], 1 + 0.01 / 1 + 0.7 * db, 1e-15);
  }
}

// Wild inputs push gain and bias to their bounds and no further.
TEST(IntrinsicPlasticity, GainAndBiasAreBounded) {
  const ThreadArena arena(1);
  IntrinsicPlasticity rule({.learning_rate = 0.1, .max_gain = 5}, 3);
  std::vector<float> y(3);
  for (int k = 0; k < 2000; ++k) {
    const std::vector<float> x = {0, 1e4f * (k % 2 == 0 ? 1 : -1), 1e4f};
    rule.respond(std::span<const float>(x), std::span<float>(y), arena);
    rule.adapt(std::span<const float>(x), std::span<const float>(y), arena);
    for (int i = 0; i < 3; ++i) {
      ASSERT_GE(rule.gains()[i], 0.2);
      ASSERT_LE(rule.gains()[i], 5);
      ASSERT_LE(std::abs(rule.biases()[i]), 5);
    }
  }
}

TEST(IntrinsicPlasticity, RefusesParametersOutOfRange) {
  EXPECT_THROW(IntrinsicPlasticity({.learning_rate = 0}, 1), ConfigError);
  EXPECT_THROW(IntrinsicPlasticity({.learning_rate = NAN}, 1), ConfigError);
  EXPECT_THROW(IntrinsicPlasticity({.mean = 0}, 1), ConfigError);
  EXPECT_THROW(IntrinsicPlasticity({.mean = 1}, 1), ConfigError);
  EXPECT_THROW(IntrinsicPlasticity({.max_gain = 0.5}, 1), ConfigError);
  EXPECT_THROW(IntrinsicPlasticity({.target = "gaussian", .deviation = 0}, 1), ConfigError);
  EXPECT_THROW(IntrinsicPlasticity({.target = "uniform"}, 1), ConfigError);
  EXPECT_NO_THROW(IntrinsicPlasticity({.target = "gaussian", .mean = 0}, 1));
}

}  // namespace
}  // namespace noesis

// A network of excitatory neurons grows from 5 to 100. Each birth adds input to those who live, and
// without homeostasis the network seizes.

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "core/rng.hpp"
#include "physics/plasticity/homeostasis.hpp"
#include "physics/plasticity/neurogenesis.hpp"

namespace noesis {
namespace {

constexpr double kTarget = 0.1;
constexpr int kStepsPerBirth = 200;
constexpr double kStep = 0.5;  // [tau]

struct Growth {
  double seizing = 0;  // part of the steps with a mean rate above 0.6
  double mean_rate = 0;
};

/// x' = -x + W r + b, r = logistic(x), by Euler steps.
Growth grow(bool with_homeostasis, std::uint64_t seed) {
  const ThreadArena arena(1);
  std::vector<Synapse> edges;
  RandomSequence random(seed, Stream::kWeights);
  for (std::int32_t target = 0; target < 5; ++target) {
    for (std::int32_t source = 0; source < 5; ++source) {
      if (source == target) continue;
      edges.push_back({source, target, static_cast<float>(1.2 * random.uniform())});
    }
  }
  PlasticConnectome brain(Connectome(5, edges));
  const Neurogenesis births({.num_inputs = 5, .num_outputs = 5, .mean_weight = 0.6}, seed);
  Homeostasis homeostasis(
      {.target_rate = kTarget, .rate_tau_ms = 10, .bias_speed = 0.01, .scaling_speed = 1e-3}, 5);
  const double rest = std::log(kTarget / (1 - kTarget));  // logistic(rest) is the target
  std::vector<double> x(5, rest), bias(5, rest), rates(5);
  Growth growth;
  std::int64_t num_steps = 0;
  while (brain.num_neurons() < 100 || num_steps % kStepsPerBirth != 0) {
    if (num_steps > 0 && num_steps % kStepsPerBirth == 0) {
      births.spawn(1, brain);
      x.push_back(rest);
      bias.push_back(rest);
      rates.push_back(0);
      homeostasis.grow(brain.num_neurons());
    }
    for (std::size_t i = 0; i < x.size(); ++i) rates[i] = math::sigmoid(x[i]);
    for (std::size_t i = 0; i < x.size(); ++i) {
      double input = bias[i];
      const auto sources = brain.row_sources(std::int64_t(i));
      const auto weights = std::as_const(brain).row_weights(std::int64_t(i));
      for (std::size_t k = 0; k < sources.size(); ++k) input += weights[k] * rates[sources[k]];
      x[i] += kStep * (input - x[i]);
    }
    if (with_homeostasis) {
      homeostasis.observe(std::span<const double>(rates), kStep, arena);
      homeostasis.adapt_bias(std::span<double>(bias), arena);
      homeostasis.scale(brain, arena);
    }
    const double mean =
        std::accumulate(rates.begin(), rates.end(), 0.0) / static_cast<double>(rates.size());
    growth.seizing += mean > 0.6;
    growth.mean_rate += mean;
    ++num_steps;
  }
  growth.seizing /= double(num_steps);
  growth.mean_rate /= double(num_steps);
  return growth;
}

// Mutations: the sign of the bias change; no homeostasis for neurons born later.
TEST(GrowthReference, HomeostasisKeepsAGrowingBrainFromSeizing) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const Growth with = grow(true, seed);
    const Growth without = grow(false, seed);
    EXPECT_LT(with.seizing, 1e-3);
    EXPECT_LT(std::abs(with.mean_rate - kTarget) / kTarget, 0.2);
    EXPECT_GT(without.seizing, 0.5);
  }
}

}  // namespace
}  // namespace noesis

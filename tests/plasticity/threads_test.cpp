// Every rule gives the same bits for any number of threads.

#include <gtest/gtest.h>

#include "physics/plasticity/homeostasis.hpp"
#include "physics/plasticity/intrinsic_plasticity.hpp"
#include "physics/plasticity/oja.hpp"
#include "physics/plasticity/structural.hpp"
#include "physics/plasticity/weight_decay.hpp"
#include "tests/plasticity/brains.hpp"

namespace noesis {
namespace {

constexpr std::int32_t kNeurons = 10000;  // more than one grain of every rule

/// 20 synapses a neuron.
Connectome wide_brain() {
  RandomSequence random(1, Stream::kTopology);
  std::vector<Synapse> edges;
  for (std::int32_t target = 0; target < kNeurons; ++target) {
    const auto first = static_cast<std::int32_t>(random.below(kNeurons));
    for (std::int32_t k = 0; k < 20; ++k) {
      edges.push_back({(first + 37 * k) % kNeurons, target, static_cast<float>(random.normal())});
    }
  }
  return Connectome(kNeurons, edges);
}

struct Outcome {
  std::string digest;
  std::vector<double> values;
};

Outcome run(const Connectome& start, int num_threads) {
  const ThreadArena arena(num_threads);
  PlasticConnectome brain(start);
  Homeostasis homeostasis({.rate_tau_ms = 2, .scaling_speed = 0.05}, kNeurons);
  IntrinsicPlasticity intrinsic({.learning_rate = 0.01}, kNeurons);
  StructuralPlasticity structural({.growth_speed = 1}, brain, 1);
  std::vector<double> bias(kNeurons), rates(kNeurons);
  for (std::uint64_t step = 0; step < 5; ++step) {
    const std::vector<double> inputs = testing::normals(kNeurons, step);
    intrinsic.respond(std::span<const double>(inputs), std::span<double>(rates), arena);
    intrinsic.adapt(std::span<const double>(inputs), std::span<const double>(rates), arena);
    homeostasis.observe(std::span<const double>(rates), 1, arena);
    homeostasis.adapt_bias(std::span<double>(bias), arena);
    homeostasis.scale(brain, arena);
    oja(brain, std::span<const double>(inputs), std::span<const double>(rates), 0.01, arena);
    decay_weights(brain, {.tau_ms = 100, .spared_fraction = 0.2}, 1, arena);
    structural.observe(std::span<const double>(rates), 1, arena);
    structural.update(brain);
  }
  Outcome outcome{brain.freeze()->digest(), bias};
  for (const auto values : {homeostasis.filtered_rates(), intrinsic.gains(), intrinsic.biases(),
                            structural.calcium(), structural.axonal(), structural.dendritic()}) {
    outcome.values.insert(outcome.values.end(), values.begin(), values.end());
  }
  return outcome;
}

TEST(PlasticityThreads, SameBitsForAnyNumber) {
  const Connectome start = wide_brain();
  const Outcome one = run(start, 1);
  EXPECT_NE(one.digest, start.digest());
  for (const int num_threads : {2, 5}) {
    const Outcome many = run(start, num_threads);
    EXPECT_EQ(many.digest, one.digest);
    EXPECT_EQ(many.values, one.values);
  }
}

}  // namespace
}  // namespace noesis

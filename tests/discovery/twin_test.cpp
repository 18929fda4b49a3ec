/// Twins: a brain forked, once with a pulse and once without.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "physics/discovery/estimators.hpp"
#include "physics/discovery/experiment.hpp"
#include "tests/discovery/brains.hpp"

namespace noesis {
namespace {

// Two samples a neuron: each is pulsed once, and both twins begin alike. Goes red when a fork
// begins elsewhere, a pulse stays on, or a neuron is left out.
TEST(Twins, OneNeuronOnceFromEqualStarts) {
  const Subject brain = make_subject("reference-20", 1);
  const Dataset data = gather(brain, {.policy = "twin", .budget = 40, .seed = 1});
  ASSERT_EQ(data.num_samples(), 40);
  EXPECT_EQ(data.interventions, 20);
  for (std::int64_t t = 0; t < 40; t += 2) {
    const auto at = static_cast<std::size_t>(t);
    EXPECT_EQ(data.site[at], -1);
    EXPECT_EQ(data.twin[at], -1);
    EXPECT_EQ(data.previous[at], t - 2 < 0 ? -1 : t - 2);
    EXPECT_EQ(data.site[at + 1], t / 2);
    EXPECT_EQ(data.twin[at + 1], t);
    EXPECT_EQ(data.previous[at + 1], -1);
    EXPECT_TRUE(std::ranges::equal(data.e.row(t), data.e.row(t + 1)));
    EXPECT_TRUE(std::ranges::equal(data.i.row(t), data.i.row(t + 1)));
    for (std::int64_t j = 0; j < 20; ++j) {
      EXPECT_EQ(data.inputs.at(t, j), 0);
      EXPECT_EQ(data.inputs.at(t + 1, j), j == t / 2 ? 3 : 0);
    }
  }
  EXPECT_EQ(gather(brain, {.policy = "twin", .budget = 41, .seed = 1}).num_samples(), 40);
}

// The unpulsed twins are the passive tape, bit for bit, noise included: pulsing a fork leaves the
// brain alone. Goes red when the fork's pulse reaches environment 0.
TEST(Twins, TheBrainItselfIsNeverTouched) {
  const Subject brain = make_subject("reference-20", 1);
  const Dataset twins = gather(brain, {.policy = "twin", .budget = 80, .noise = 0.02, .seed = 1});
  const Dataset tape = gather(brain, {.policy = "passive", .budget = 40, .noise = 0.02, .seed = 1});
  for (std::int64_t t = 0; t < 40; ++t) {
    EXPECT_TRUE(std::ranges::equal(twins.e.row(2 * t), tape.e.row(t)));
    EXPECT_TRUE(std::ranges::equal(twins.e_after.row(2 * t), tape.e_after.row(t)));
  }
}

// Twins share their noise, so a neuron that nothing reaches from the site does not differ by a
// bit. Goes red when the fork has another seed.
TEST(Twins, ShareTheirNoise) {
  const Subject brain = chain_brain(1);
  const Dataset data = gather(brain, {.policy = "twin", .budget = 8, .noise = 0.05, .seed = 1});
  EXPECT_GT(data.e_after.at(1, 0), data.e_after.at(0, 0));
  EXPECT_NE(data.e_after.at(1, 1), data.e_after.at(0, 1));
  EXPECT_EQ(data.e_after.at(1, 3), data.e_after.at(0, 3));
  EXPECT_EQ(data.e_after.at(7, 0), data.e_after.at(6, 0));
}

// 0 excites 1, 1 inhibits 2: signs and directions are read off; a path of two synapses leaves a
// trace, an order smaller; what is not there is 0 to the bit. Goes red when target and source are
// exchanged.
TEST(TwinEstimator, ReadsAChain) {
  const Subject brain = chain_brain(1);
  const Dataset data = gather(brain, {.policy = "twin", .budget = 160, .seed = 1});
  const Estimate found = estimate("twin", brain, data);
  EXPECT_GT(found.weights.at(1, 0), 1e-4);
  EXPECT_LT(found.weights.at(2, 1), -1e-4);
  EXPECT_LT(std::abs(found.weights.at(2, 0)), found.scores.at(1, 0) / 5);
  EXPECT_EQ(found.weights.at(0, 1), 0);
  EXPECT_EQ(found.weights.at(1, 2), 0);
  for (std::int64_t j = 0; j < 3; ++j) {
    EXPECT_EQ(found.weights.at(3, j), 0);
    EXPECT_EQ(found.weights.at(j, 3), 0);
    EXPECT_DOUBLE_EQ(found.weights.at(j, j), 1);
    for (std::int64_t i = 0; i < 3; ++i) {
      EXPECT_EQ(found.scores.at(i, j), std::abs(found.weights.at(i, j)));
    }
  }
  EXPECT_FALSE(found.knows_equations);
}

TEST(TwinEstimator, NeedsTwins) {
  const Subject brain = make_subject("reference-5", 1);
  EXPECT_THROW(estimate("twin", brain, gather(brain, {.policy = "round_robin", .budget = 20})),
               ConfigError);
}

// Twins are no samples in a row; their unpulsed ones are. Goes red when lags are taken from the
// row above.
TEST(Granger, TakesItsLagsFromTheSampleBefore) {
  const Subject brain = make_subject("reference-5", 1);
  const Dataset twins = gather(brain, {.policy = "twin", .budget = 400, .noise = 0.02, .seed = 1});
  const Dataset tape =
      gather(brain, {.policy = "passive", .budget = 200, .noise = 0.02, .seed = 1});
  EXPECT_EQ(estimate("granger", brain, twins).scores.values,
            estimate("granger", brain, tape).scores.values);
}

}  // namespace
}  // namespace noesis

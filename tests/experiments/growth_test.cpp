// Growing brains and the verdict on them.

#include "runners/experiments/growth.hpp"

#include <gtest/gtest.h>

#include "physics/subject.hpp"
#include "runners/experiments/grow.hpp"

namespace noesis {
namespace {

TEST(HealthVerdict, InItsOrder) {
  HealthLook look{.mean_rate = 0.1,
                  .unit_deviation = 0.1,
                  .active_fraction = 1,
                  .saturated_fraction = 0,
                  .exponent_per_tau = 0.05};
  EXPECT_EQ(health_verdict(look), "Edge");
  look.exponent_per_tau = 0.2;
  EXPECT_EQ(health_verdict(look), "Chaotic");
  look.exponent_per_tau = -0.2;
  EXPECT_EQ(health_verdict(look), "Ordered");
  look.unit_deviation = 0.005;  // calmed to death, whatever the exponent
  EXPECT_EQ(health_verdict(look), "Catatonic");
  look.mean_rate = 0.7;  // a seized brain is still too
  EXPECT_EQ(health_verdict(look), "Seizing");
  look.mean_rate = 0.1;
  look.saturated_fraction = 0.6;
  EXPECT_EQ(health_verdict(look), "Seizing");
}

// Brains that are known. Mutations: the exponent in 1/ms; the look at the wrong component.
TEST(HealthLook, KnowsTheHealthyAndTheSick) {
  const ThreadArena arena(1);
  const auto verdict = [&](Condition condition) {
    const Subject subject = make_subject("reference-20", 3, condition);
    const auto brain = make_simulation(subject, 3, arena);
    brain->advance_to(1000);
    return health_verdict(look_at(*brain, 1000, subject.tau_ms, 100));
  };
  EXPECT_EQ(verdict(Condition::kSeized), "Seizing");
  EXPECT_EQ(verdict(Condition::kComatose), "Catatonic");
  const std::string healthy = verdict(Condition::kHealthy);
  EXPECT_TRUE(healthy == "Chaotic" || healthy == "Edge") << healthy;
}

// Without homeostasis a growing excitatory brain seizes; with it it does not, and its mean rate is
// the target's. Mutations: biases are not carried from stage to stage; rules off.
TEST(Growth, HomeostasisPreventsSeizures) {
  GrowthSpec spec;
  spec.sizes = {5, 30, 60};
  spec.settle_ms = 10'000;
  spec.look_ms = 500;
  spec.exponent_tau = 50;
  const auto with = grow(spec, 3, [](double) {});
  spec.homeostasis = false;
  const auto without = grow(spec, 3, [](double) {});
  ASSERT_TRUE(with && without);
  ASSERT_EQ(with->size(), 3u);
  EXPECT_EQ(with->back().num_neurons, 60);
  EXPECT_NE(with->back().verdict, "Seizing");
  EXPECT_LT(with->back().seizing_fraction, 0.1);
  EXPECT_NEAR(with->back().look.mean_rate, 0.1, 0.03);
  EXPECT_EQ(without->back().verdict, "Seizing");
  EXPECT_GT(without->back().seizing_fraction, 0.5);
}

}  // namespace
}  // namespace noesis

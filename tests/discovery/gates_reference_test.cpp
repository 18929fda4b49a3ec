/// What discovery is held to: the wiring of a brain of 20 within 600 samples, of the worm within
/// one twin a neuron, and what interventions are worth at an equal budget.

#include <gtest/gtest.h>

#include <cmath>

#include "physics/discovery/scores.hpp"
#include "runners/jobs/paired.hpp"
#include "runners/loop/phase1.hpp"

namespace noesis {
namespace {

constexpr double kLeastAuprc = 0.85;

// A fit that is told the equations finds every weight, noise-free, whatever the policy: passive
// samples of a chaotic brain do as well, and no difference may be claimed. Goes red when the fit
// ends at its first iteration, which leaves up to four wrong edges in seed 1.
TEST(DiscoveryGate, ModelFormOnTwentyNodes) {
  for (const char* policy : {"active", "random", "round_robin", "passive"}) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const Phase1Row row = run_phase1({.policy = policy, .seed = seed});
      EXPECT_LE(row.samples, 600);
      EXPECT_TRUE(row.knows_equations);
      EXPECT_GE(row.chemical.auroc, 0.95) << policy << " " << seed;
      EXPECT_GE(row.chemical.auprc, kLeastAuprc) << policy << " " << seed;
      EXPECT_EQ(row.shd, 0) << policy << " " << seed;
      EXPECT_EQ(row.sign_accuracy, 1) << policy << " " << seed;
      EXPECT_GT(row.weight_r2, 1 - 1e-9) << policy << " " << seed;
      EXPECT_GT(row.response_r2, 1 - 1e-6) << policy << " " << seed;
    }
  }
}

// Where samples are scarce, interventions help: 40 for 21 unknowns a node, ten seeds, paired by
// seed. Goes red when the active policy pulses the neuron that it knows best.
TEST(DiscoveryGate, ActiveBeatsPassiveWhereSamplesAreScarce) {
  std::vector<double> active, passive;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    active.push_back(run_phase1({.policy = "active", .budget = 40, .seed = seed}).chemical.auprc);
    passive.push_back(run_phase1({.policy = "passive", .budget = 40, .seed = seed}).chemical.auprc);
    EXPECT_GE(active.back(), kLeastAuprc) << seed;
  }
  const PairedComparison compared = compare_paired(active, passive);
  EXPECT_GT(compared.difference.low, 0);
  EXPECT_LT(compared.p_value, 0.01);
}

// Knowing another equation than the brain's is worse than knowing the brain's, and knowing none.
TEST(DiscoveryGate, AMisspecifiedModelIsFarFromIt) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const Phase1Row rate = run_phase1({.estimator = "rate_model", .seed = seed});
    EXPECT_LT(rate.chemical.auroc, 0.8) << seed;
    EXPECT_GT(rate.chemical.auroc, 0.5) << seed;
    EXPECT_LT(rate.response_r2, 0.5) << seed;
    EXPECT_FALSE(rate.knows_equations);
  }
}

// Every neuron once, 302 twins. Gap junctions move neurons too, so that with them as edges the
// scores are better still. Goes red when the fork begins at another state.
TEST(DiscoveryGate, TwinsOnTheWorm) {
  const Phase1Row row = run_phase1(
      {.subject = "celegans", .policy = "twin", .estimator = "twin", .budget = 604, .seed = 0});
  EXPECT_EQ(row.samples, 604);
  EXPECT_EQ(row.interventions, 302);
  EXPECT_NEAR(row.chemical.base_rate, 0.0396, 1e-3);
  EXPECT_GE(row.chemical.auroc, 0.99);
  EXPECT_GE(row.chemical.auprc, kLeastAuprc);
  EXPECT_GE(row.any.auroc, row.chemical.auroc);
  EXPECT_GE(row.any.auprc, row.chemical.auprc);
  EXPECT_GT(row.sign_accuracy, 0.98);
}

// Negative control: the estimates of one brain against the wiring of another of its kind are at
// chance: ten pairs, four standard errors of the mean (.0298 each, for 190 edges among 380 pairs).
TEST(DiscoveryGate, AnotherBrainsWiringIsNotFound) {
  double mean = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Phase1Matrices mine, other;
    run_phase1({.policy = "twin", .estimator = "twin", .budget = 40, .seed = seed}, &mine);
    run_phase1({.policy = "passive", .estimator = "correlation", .budget = 2, .seed = seed + 10},
               &other);
    std::vector<bool> is_edge;
    for (const double weight : off_diagonal(other.truth)) is_edge.push_back(weight != 0);
    mean += auroc(off_diagonal(mine.estimated), is_edge) / 10;
  }
  EXPECT_NEAR(mean, 0.5, 4 * 0.0298 / std::sqrt(10.0));
}

}  // namespace
}  // namespace noesis

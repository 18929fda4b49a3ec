// The reference brain: chaotic where it is published to be, and its states apart from each other.
// The whole table is in reference_brain_slow_test.cpp. Brains are the same for all tests and were
// not used to make the table. Mutations: S_e and S_i exchanged, no shift, links twice as many,
// weights over k instead of its root, the logarithm of the exponent over the wrong time.

#include "tests/physics/reference_brain.hpp"

#include <gtest/gtest.h>

#include "physics/vitals/synchrony.hpp"

namespace noesis {
namespace {

using testing::kBrains;
using testing::Recording;
using testing::ReferenceBrain;

const std::vector<std::uint64_t> kFirstThree(kBrains.begin(), kBrains.begin() + 3);

// Uncoupled limit cycles: neither rest nor chaos.
TEST(ReferenceBrainTest, UncoupledCyclesHaveAZeroExponent) {
  for (const std::uint64_t seed : kFirstThree) {
    EXPECT_NEAR((ReferenceBrain{.coupling = 0}.exponent(seed).exponent), 0, 0.003) << seed;
  }
}

TEST(ReferenceBrainTest, HealthyBrainIsChaotic) {
  testing::expect_exponents("signed", testing::kSignedExponents[2], kBrains);
}
TEST(ReferenceBrainTest, WeakSignedCouplingIsWeaklyChaotic) {
  testing::expect_exponents("signed", testing::kSignedExponents[0], kFirstThree);
}
TEST(ReferenceBrainTest, ExcitatoryBrainBeforeSeizureIsChaotic) {
  testing::expect_exponents("excitatory", testing::kExcitatoryExponents[3], kFirstThree);
}

// Ten nodes, all to all. Published: .128 +- .042, 8 of 8 chaotic; excitatory G = 5: none, M = .988.
TEST(ReferenceBrainTest, TenNodes) {
  std::vector<double> exponents;
  for (const std::uint64_t seed : testing::seeds_from(3000, 8)) {
    const LyapunovEstimate one = ReferenceBrain{.num_neurons = 10}.exponent(seed);
    EXPECT_EQ(classify_dynamics(one, 1), DynamicsClass::kChaotic) << seed;
    exponents.push_back(one.exponent);
    const ReferenceBrain seized{.weights = "excitatory", .coupling = 5, .num_neurons = 10};
    EXPECT_LT(seized.exponent(seed).exponent, 0) << seed;
    EXPECT_NEAR(seized.record(seed).activity().mean_rate, 0.988, 0.01) << seed;
  }
  EXPECT_TRUE(testing::agrees(testing::spread_of(exponents), {.128, .042, 8}));
}

/// What the verdicts rest on: level, variation and dimension of each state, for three brains.
class BrainStates : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  Recording record(const ReferenceBrain& brain) const { return brain.record(GetParam()); }
  Activity activity(const ReferenceBrain& brain) const { return record(brain).activity(); }
  const ReferenceBrain healthy_{};
  const ReferenceBrain pre_seizure_{.weights = "excitatory", .coupling = 3};
  const ReferenceBrain seized_{.weights = "excitatory", .coupling = 8};
  const ReferenceBrain coma_{.drive = -2};
  const ReferenceBrain cycles_{.coupling = 0};
  const ReferenceBrain zombie_{.drive = -2, .sigma = 0.02};
};
INSTANTIATE_TEST_SUITE_P(Brains, BrainStates, ::testing::ValuesIn(kFirstThree));

// Published: M .115, V .098, A 1, Sat 0.
TEST_P(BrainStates, HealthyIsActiveAndFarFromSaturation) {
  const Activity healthy = activity(healthy_);
  EXPECT_NEAR(healthy.mean_rate, 0.115, 0.02);
  EXPECT_NEAR(healthy.unit_deviation, 0.098, 0.02);
  EXPECT_EQ(healthy.active_fraction, 1);
  EXPECT_LT(healthy.saturated_fraction, 1e-3);
}

// Published: M .985, V .006, A .02, Sat .98, PR/N .02: still, and full.
TEST_P(BrainStates, SeizedIsFullAndStill) {
  const Activity healthy = activity(healthy_), seized = activity(seized_);
  EXPECT_GT(seized.mean_rate, 0.97);
  EXPECT_GT(seized.saturated_fraction, 0.9);
  EXPECT_LT(seized.unit_deviation, 0.1 * healthy.unit_deviation);
  EXPECT_LT(seized.active_fraction, 0.05);
}

// Published: M .761, Sat .64, A .54, V .083 for one brain; brains differ much here.
TEST_P(BrainStates, PreSeizureLiesBetween) {
  const Activity healthy = activity(healthy_), pre = activity(pre_seizure_),
                 seized = activity(seized_);
  EXPECT_GT(pre.mean_rate, 2 * healthy.mean_rate);
  EXPECT_LT(pre.mean_rate, 0.85 * seized.mean_rate);
  EXPECT_GT(pre.saturated_fraction, healthy.saturated_fraction);
  EXPECT_LT(pre.saturated_fraction, seized.saturated_fraction);
  EXPECT_GT(pre.unit_deviation, 10 * seized.unit_deviation);
}

// Published: M -.005, V 0, A 0, synchrony undefined (0 by our definition).
TEST_P(BrainStates, ComaIsStill) {
  const Recording coma = record(coma_);
  EXPECT_NEAR(coma.activity().mean_rate, -0.005, 0.001);
  EXPECT_LT(coma.activity().unit_deviation, 1e-6);
  EXPECT_EQ(coma.activity().active_fraction, 0);
  EXPECT_EQ(golomb_chi(coma.view()), 0);
  const LyapunovEstimate exponent = coma_.exponent(GetParam());
  EXPECT_NEAR(exponent.exponent, -1, 0.01);
}

// Published: PR/N .913 uncoupled, .992 noise-driven, .311 healthy; V .0149 and .098; chi .14 =
// N^-1/2.
TEST_P(BrainStates, ZombieIsWeakIndependentNoise) {
  const Recording zombie = record(zombie_), healthy = record(healthy_);
  EXPECT_NEAR(zombie.activity().unit_deviation, 0.0149, 0.001);
  EXPECT_LT(zombie.activity().unit_deviation, 0.25 * healthy.activity().unit_deviation);
  const double independent = std::sqrt(1.0 / 50);
  EXPECT_NEAR(golomb_chi(zombie.view()), independent, 0.02);
  EXPECT_GT(golomb_chi(healthy.view()), independent);
  EXPECT_GT(zombie.activity().participation_ratio, 0.9 * 50);
  EXPECT_LT(healthy.activity().participation_ratio, 0.5 * 50);
  EXPECT_LT(kuramoto_order(zombie.view()), 0.8 * kuramoto_order(healthy.view()));
}
TEST_P(BrainStates, UncoupledCyclesMoveAsMuchButInMoreDimensions) {
  const Activity healthy = activity(healthy_), cycles = activity(cycles_);
  EXPECT_NEAR(cycles.mean_rate, 0.108, 0.01);
  EXPECT_NEAR(cycles.unit_deviation, 0.085, 0.01);
  EXPECT_GT(cycles.participation_ratio, 1.5 * healthy.participation_ratio);
}

}  // namespace
}  // namespace noesis

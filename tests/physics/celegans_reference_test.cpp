// The worm: reference Wilson-Cowan dynamics on the wiring of C. elegans, G = 1, g = 0.5. Published
// over ten brains (drive and start differ), rk4, dt = 0.1 tau, T = 600 tau; more brains and gains
// are in celegans_reference_slow_test.cpp. Mutations: gap junctions left out or added to E' instead
// of the input of E, no normalisation of the rows, signs all positive, autapses kept.

#include <gtest/gtest.h>

#include "physics/vitals/synchrony.hpp"
#include "tests/physics/worm.hpp"

namespace noesis {
namespace {

using testing::Recording;
using testing::Worm;

// Published: lambda .1204 +- .0074, M .149, V .104, A 1, Sat 0, chi .193, PR/N .182, R .254.
TEST(Worm, DefaultIsChaoticAndHealthy) {
  std::vector<double> exponents;
  for (const std::uint64_t seed : {3000u, 3001u}) {
    const LyapunovEstimate one = Worm{}.exponent(seed);
    EXPECT_EQ(classify_dynamics(one, 1), DynamicsClass::kChaotic) << seed;
    EXPECT_NEAR(one.exponent, .1204, 3 * std::hypot(.0074, one.standard_error)) << seed;
    const Recording recording = Worm{}.record(seed);
    const Activity activity = recording.activity();
    EXPECT_NEAR(activity.mean_rate, .149, .01) << seed;
    EXPECT_NEAR(activity.unit_deviation, .104, .01) << seed;
    EXPECT_GT(activity.active_fraction, .99) << seed;
    EXPECT_LT(activity.saturated_fraction, 1e-3) << seed;
    EXPECT_NEAR(activity.participation_ratio / 302, .182, .08) << seed;
    EXPECT_NEAR(golomb_chi(recording.view()), .193, .06) << seed;
    EXPECT_NEAR(kuramoto_order(recording.view()), .254, .03) << seed;
  }
}

// Published: M .980, V .002, A .017, Sat .983.
TEST(Worm, AllExcitatoryAndStronglyCoupledSeizes) {
  const Activity seized = Worm{.signs = "all_positive", .coupling = 5}.record(3000).activity();
  EXPECT_NEAR(seized.mean_rate, .980, .005);
  EXPECT_NEAR(seized.unit_deviation, .002, .001);
  EXPECT_NEAR(seized.active_fraction, .017, .01);
  EXPECT_NEAR(seized.saturated_fraction, .983, .005);
}

// Published: lambda -.997, M -.005, V, A and Sat 0.
TEST(Worm, WithoutDriveItIsInComa) {
  const Worm coma{.drive = -2, .duration = 100};
  EXPECT_NEAR(coma.exponent(3000).exponent, -.997, .003);
  const Activity activity = coma.record(3000).activity();
  EXPECT_NEAR(activity.mean_rate, -.005, .001);
  EXPECT_LT(activity.unit_deviation, 1e-6);
  EXPECT_EQ(activity.active_fraction, 0);
  EXPECT_EQ(activity.saturated_fraction, 0);
}

}  // namespace
}  // namespace noesis

/// Published Lyapunov spectra of textbook flows, at the length of run they need.
/// Lorenz, Roessler: Sprott, Chaos and Time-Series Analysis, Oxford 2003.

#include <gtest/gtest.h>

#include "physics/vitals/lyapunov.hpp"
#include "tests/vitals/flows.hpp"

namespace noesis {
namespace {

using test::Lorenz;
using test::Rossler;

// Goes red without renormalisation (overflow), without the tangents' own stages, or when the sum is
// taken over other vectors than the flow's: it must be the divergence -(10 + 1 + 8/3).
TEST(LyapunovReference, Lorenz) {
  Lorenz lorenz;
  const LyapunovOptions options{.dt = 0.01,
                                .transient = 100.0,
                                .duration = 1e4,
                                .renormalise_interval = 0.5,
                                .num_exponents = 3,
                                .num_blocks = 20,
                                .seed = 1};
  const LyapunovResult result = lyapunov_spectrum(lorenz, Lorenz::at({1.0, 1.0, 1.0}), options);
  EXPECT_NEAR(result.exponents[0], 0.9056, 0.005);
  EXPECT_NEAR(result.exponents[1], 0.0, 1e-3);
  EXPECT_NEAR(result.exponents[2], -14.5723, 0.006);
  EXPECT_NEAR(result.sum, -13.66667, 1e-3);
  ASSERT_TRUE(result.kaplan_yorke.has_value());
  EXPECT_NEAR(*result.kaplan_yorke, 2.062, 0.003);
  EXPECT_GT(result.standard_errors[0], 1e-4);
  EXPECT_LT(result.standard_errors[0], 5e-3);
  EXPECT_EQ(classify_dynamics({result.exponents[0], result.standard_errors[0]}, 1.0),
            DynamicsClass::kChaotic);
}

// Goes red when logarithms are divided by the number of renormalisations instead of the time.
TEST(LyapunovReference, ResultDoesNotDependOnTheRenormaliseInterval) {
  Lorenz lorenz;
  LyapunovOptions options{.dt = 0.01,
                          .transient = 50.0,
                          .duration = 2e3,
                          .renormalise_interval = 0.1,
                          .num_exponents = 2,
                          .num_blocks = 10,
                          .seed = 1};
  const double often = lyapunov_spectrum(lorenz, Lorenz::at({1.0, 1.0, 1.0}), options).exponents[0];
  options.renormalise_interval = 1.0;
  const double rarely =
      lyapunov_spectrum(lorenz, Lorenz::at({1.0, 1.0, 1.0}), options).exponents[0];
  EXPECT_NEAR(often, rarely, 2e-3);
}

// Goes red when the pair is never rescaled: the distance saturates at the attractor's size.
TEST(LyapunovReference, BenettinAgreesWithTheTangents) {
  Lorenz lorenz;
  BenettinOptions options;
  options.duration = 5e3;
  options.num_blocks = 20;
  const LyapunovEstimate estimate = lyapunov_benettin(lorenz, Lorenz::at({1.0, 1.0, 1.0}), options);
  EXPECT_NEAR(estimate.exponent, 0.9056, 0.01);
  EXPECT_LT(estimate.standard_error, 0.01);
}

// The smallest exponent is an average over rare, strong kicks, hence its tolerance.
TEST(LyapunovReference, Rossler) {
  Rossler rossler;
  const LyapunovOptions options{.dt = 0.02,
                                .transient = 500.0,
                                .duration = 2e4,
                                .renormalise_interval = 1.0,
                                .num_exponents = 3,
                                .num_blocks = 20,
                                .seed = 1};
  const LyapunovResult result = lyapunov_spectrum(rossler, Rossler::at({1.0, 1.0, 0.0}), options);
  EXPECT_NEAR(result.exponents[0], 0.0714, 0.003);
  EXPECT_NEAR(result.exponents[1], 0.0, 1e-3);
  EXPECT_NEAR(result.exponents[2], -5.3943, 0.02);
}

// A limit cycle has a zero largest exponent: neither rest nor chaos. Goes red without a transient.
TEST(LyapunovReference, RosslerLimitCycleIsPeriodic) {
  Rossler rossler(2.5);
  const LyapunovOptions options{.dt = 0.02,
                                .transient = 1000.0,
                                .duration = 2e3,
                                .renormalise_interval = 1.0,
                                .num_exponents = 1,
                                .num_blocks = 10,
                                .seed = 1};
  const LyapunovResult result = lyapunov_spectrum(rossler, Rossler::at({1.0, 1.0, 0.0}), options);
  EXPECT_EQ(classify_dynamics({result.exponents[0], result.standard_errors[0]}, 1.0),
            DynamicsClass::kPeriodic);
  EXPECT_NEAR(result.exponents[0], 0.0, 1e-3);
}

}  // namespace
}  // namespace noesis

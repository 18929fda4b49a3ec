/// Branching ratios of series that are exact by construction.

#include "physics/vitals/branching.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "core/error.hpp"
#include "tests/vitals/counts.hpp"
#include "tests/vitals/noise.hpp"

namespace noesis {
namespace {

using test::branching_process;
using test::view;

/// (num_bins x 3) of 2^j ratio^t + offset.
std::vector<double> geometric_trials(int num_bins, double ratio, double offset = 0.0) {
  std::vector<double> activity;
  for (int t = 0; t < num_bins; ++t) {
    for (int trial = 0; trial < 3; ++trial) {
      activity.push_back(std::exp2(trial) * std::pow(ratio, t) + offset);
    }
  }
  return activity;
}

// Goes red when pairs run from one trial into the next, or r_k is fitted from k = 0.
TEST(Branching, GeometricTrialsHaveTheirRatio) {
  for (const double ratio : {0.7, 0.95, 1.05}) {
    const std::vector<double> activity = geometric_trials(80, ratio);
    const auto branching = branching_ratio(view(activity, 3), {.max_lag = 20});
    ASSERT_TRUE(branching);
    EXPECT_NEAR(branching->ratio, ratio, 1e-6);
    EXPECT_NEAR(branching->amplitude, 1.0, 1e-6);
    EXPECT_NEAR(branching->naive_ratio, ratio, 1e-9);
    EXPECT_NEAR(branching->r_squared, 1.0, 1e-9);
    EXPECT_EQ(branching->slopes.size(), 20u);
    if (ratio < 1.0) {
      EXPECT_NEAR(branching->tau_bins, -1.0 / std::log(ratio), 1e-3);
    } else {
      EXPECT_TRUE(std::isinf(branching->tau_bins));
    }
  }
}

// Goes red when the slope is taken through the origin.
TEST(Branching, OffsetAndScaleDoNotMatter) {
  std::vector<double> activity = branching_process(4000, 0.9, 10.0, 0.2, 3);
  const double ratio = branching_ratio(view(activity))->ratio;
  for (double& value : activity) value = 0.01 * value + 7.0;
  EXPECT_NEAR(branching_ratio(view(activity))->ratio, ratio, 1e-6);
}

// A rhythm is no exponential, and the fit says so. Goes red when R^2 is that of the amplitude.
TEST(Branching, ARhythmIsAPoorFit) {
  std::vector<double> activity;
  for (int t = 0; t < 2000; ++t) {
    activity.push_back(1.0 + std::cos(2.0 * std::numbers::pi * t / 25.0));
  }
  const auto branching = branching_ratio(view(activity));
  ASSERT_TRUE(branching);
  EXPECT_LT(branching->r_squared, 0.3);
  EXPECT_GT(branching_ratio(view(branching_process(20000, 0.9, 10.0, 0.2, 3)))->r_squared, 0.9);
}

TEST(Branching, IsUndefinedWithAReason) {
  const std::vector<double> constant(1000, 0.1);
  EXPECT_THAT(branching_ratio(view(constant)).reason(), testing::HasSubstr("constant"));
  const std::vector<double> brief = branching_process(399, 0.9, 10.0, 1.0, 0);
  EXPECT_THAT(branching_ratio(view(brief)).reason(), testing::HasSubstr("fewer than 400 bins"));
  EXPECT_TRUE(branching_ratio(view(branching_process(400, 0.9, 10.0, 1.0, 0))));
  std::vector<double> alternating;  // r_k = (-1)^k, which no b m^k with b > 0 follows
  for (int t = 0; t < 400; ++t) alternating.push_back(t % 2);
  EXPECT_THAT(branching_ratio(view(alternating), {.max_lag = 3}).reason(),
              testing::HasSubstr("not positively correlated"));
  EXPECT_THROW(branching_ratio(view(constant), {.max_lag = 2}), ConfigError);
  EXPECT_THROW(branching_ratio(view({0.0, std::nan(""), 1.0})), RunError);
}

}  // namespace
}  // namespace noesis

/// Avalanches that can be counted by hand, and power laws that are exact by construction.

#include "physics/vitals/avalanches.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/error.hpp"

namespace noesis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Goes red when runs that the ends cut are counted, or a bin at the threshold counts as active.
TEST(Avalanches, AreRunsBetweenSilentBins) {
  const std::vector<double> counts = {5, 0, 1, 2, 0, 0, 3, 0, 1, 1, 1, 0, 9, 9};
  const Avalanches avalanches = find_avalanches(counts, 0.0);
  EXPECT_THAT(avalanches.sizes, ElementsAre(3, 3, 3));
  EXPECT_THAT(avalanches.durations, ElementsAre(2, 1, 3));
  EXPECT_THAT(find_avalanches({}, 0.0).sizes, IsEmpty());
  EXPECT_THAT(find_avalanches(std::vector<double>(10, 1.0), 0.0).sizes, IsEmpty());
}

// Goes red when the size is the area above zero.
TEST(Avalanches, SizeIsTheAreaAboveTheThreshold) {
  const std::vector<double> rates = {0.25, 0.75, 1.0, 0.5, 0.625, 0.5};
  const Avalanches avalanches = find_avalanches(rates, 0.5);
  EXPECT_THAT(avalanches.sizes, ElementsAre(0.75, 0.125));
  EXPECT_THAT(avalanches.durations, ElementsAre(2, 1));
  EXPECT_THROW(find_avalanches(std::vector<double>{0.0, std::nan("")}, 0.5), RunError);
}

// 14400, 3600, 1600 and 900 times 1, 2, 3 and 4: p(x) ~ x^-2 to the last count. Goes red when the
// normalisation is that of reals, or runs beyond the range.
TEST(PowerLaw, OfIntegersIsExact) {
  std::vector<double> values = {0.0, 5.0, 1000.0};  // outside
  for (int x = 1; x <= 4; ++x) values.insert(values.end(), 14400 / (x * x), x);
  const auto law = fit_power_law(values, {0.5, 4.7}, Support::kIntegers);
  ASSERT_TRUE(law);
  EXPECT_NEAR(law->exponent, 2.0, 1e-9);
  EXPECT_EQ(law->num_values, 20500);
  EXPECT_NEAR(law->ks_distance, 0.0, 1e-9);
  // Fisher information n Var(ln x).
  double mean = 0.0;
  double square = 0.0;
  for (int x = 1; x <= 4; ++x) {
    const double weight = 14400.0 / (x * x) / 20500.0;
    mean += weight * std::log(x);
    square += weight * std::log(x) * std::log(x);
  }
  EXPECT_NEAR(law->standard_error, 1.0 / std::sqrt(20500 * (square - mean * mean)), 1e-9);
}

// Evenly spaced quantiles of the truncated law; at an exponent of 1 the closed form is 0 / 0. Goes
// red when the upper cutoff is left out of the likelihood.
TEST(PowerLaw, OfRealsIsExact) {
  constexpr double kLow = 0.01;
  constexpr double kHigh = 3.0;
  constexpr int kValues = 20000;
  for (const double exponent : {0.0, 1.0, 1.5, 2.5}) {
    std::vector<double> values;
    for (int i = 0; i < kValues; ++i) {
      const double part = (i + 0.5) / kValues;
      const double power = 1.0 - exponent;
      values.push_back(
          power == 0.0 ? kLow * std::pow(kHigh / kLow, part)
                       : std::pow(std::lerp(std::pow(kLow, power), std::pow(kHigh, power), part),
                                  1.0 / power));
    }
    const auto law = fit_power_law(values, {kLow, kHigh}, Support::kReals);
    ASSERT_TRUE(law);
    EXPECT_NEAR(law->exponent, exponent, 1e-3);
    EXPECT_LT(law->ks_distance, 5e-4);
  }
}

// 60 ones and 40 fours on {1, 2, 3, 4}: the model has probability between them, where the counts
// stand at 0.6. Goes red when the distance is taken at the values alone, from above.
TEST(PowerLaw, DistanceCountsTheGaps) {
  std::vector<double> values(60, 1.0);
  values.insert(values.end(), 40, 4.0);
  const auto law = fit_power_law(values, {1.0, 4.0}, Support::kIntegers);
  ASSERT_TRUE(law);
  double sum = 0.0;
  for (int x = 1; x <= 4; ++x) sum += std::pow(x, -law->exponent);
  const double up_to_three = 1.0 - std::pow(4, -law->exponent) / sum;
  const double at_one = 1.0 / sum;
  EXPECT_NEAR(law->ks_distance, std::max(up_to_three - 0.6, std::abs(0.6 - at_one)), 1e-12);
  EXPECT_GT(law->ks_distance, 0.15);
}

TEST(PowerLaw, RefusesBadRangesAndNamesWhatItLacks) {
  const std::vector<double> ones(100, 1.0);
  EXPECT_THROW(fit_power_law(ones, {0.0, 4.0}, Support::kReals), ConfigError);
  EXPECT_THROW(fit_power_law(ones, {4.0, 4.0}, Support::kReals), ConfigError);
  EXPECT_THROW(fit_power_law(ones, {1.0, 1e9}, Support::kIntegers), ConfigError);
  EXPECT_THROW(fit_power_law(ones, {1.0, std::numeric_limits<double>::infinity()}, Support::kReals),
               ConfigError);
  EXPECT_THAT(fit_power_law(ones, {2.0, 4.0}, Support::kReals).reason(),
              HasSubstr("fewer than 50"));
  EXPECT_THAT(fit_power_law(ones, {1.0, 4.0}, Support::kReals).reason(), HasSubstr("no power law"));
}

// Mean size D^1.7 exactly, durations ~ D^-2, sizes in a range of their own. Goes red when gamma is
// of sizes rather than of their mean, or the relation is turned over.
TEST(Avalanches, ScalingIsThatOfTheMeanSize) {
  Avalanches avalanches;
  for (int duration = 1; duration <= 12; ++duration) {
    for (int i = 0; i < 27720 / (duration * duration); ++i) {
      avalanches.durations.push_back(duration);
      avalanches.sizes.push_back((i % 2 == 0 ? 0.5 : 1.5) * std::pow(duration, 1.7));
    }
  }
  const auto scaling = avalanche_scaling(
      avalanches,
      {.sizes = {0.5, 60.0}, .durations = {1.0, 12.0}, .size_support = Support::kReals});
  ASSERT_TRUE(scaling);
  EXPECT_NEAR(scaling->scaling_exponent, 1.7, 1e-3);
  EXPECT_GT(scaling->scaling_r_squared, 0.999);
  EXPECT_NEAR(scaling->duration.exponent, 2.0, 1e-3);
  EXPECT_DOUBLE_EQ(scaling->predicted_exponent,
                   (scaling->duration.exponent - 1.0) / (scaling->size.exponent - 1.0));
  EXPECT_DOUBLE_EQ(scaling->crackling_error,
                   std::abs(scaling->scaling_exponent - scaling->predicted_exponent));
  EXPECT_THAT(avalanche_scaling({}, {.sizes = {1.0, 2.0}, .durations = {1.0, 2.0}}).reason(),
              HasSubstr("sizes"));
}

}  // namespace
}  // namespace noesis

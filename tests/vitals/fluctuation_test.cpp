/// Detrended fluctuations with a closed form.

#include "physics/vitals/fluctuation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/error.hpp"
#include "tests/vitals/noise.hpp"

namespace noesis {
namespace {

using test::white_noise;
using testing::HasSubstr;

// The sum of a ramp is a parabola t^2 / 2, whose variance about a line over n points is
// (n^2 - 1)(n^2 - 4) / 720. Goes red when the boxes are not detrended, or F is a variance.
TEST(Fluctuation, OfARampIsKnown) {
  std::vector<double> ramp;
  for (int t = 0; t < 1000; ++t) ramp.push_back(t);
  const auto fluctuation = detrended_fluctuation(ramp, {.box_sizes = {4, 10, 33, 250}});
  ASSERT_TRUE(fluctuation);
  for (std::size_t i = 0; i < fluctuation->box_sizes.size(); ++i) {
    const double n = static_cast<double>(fluctuation->box_sizes[i]);
    const double expected = std::sqrt((n * n - 1.0) * (n * n - 4.0) / 720.0);
    EXPECT_NEAR(fluctuation->fluctuations[i] / expected, 1.0, 1e-8) << n;
  }
  EXPECT_NEAR(detrended_fluctuation(ramp, {.box_sizes = {100, 150, 250}})->exponent, 2.0, 1e-3);
}

TEST(Fluctuation, DefaultSizesAreEvenlySpacedInTheLogarithm) {
  const std::vector<double> noise = white_noise(65536, 1, 0);
  const auto fluctuation = detrended_fluctuation(noise);
  ASSERT_TRUE(fluctuation);
  EXPECT_EQ(fluctuation->box_sizes.size(), 20u);
  EXPECT_EQ(fluctuation->box_sizes.front(), 16);
  EXPECT_EQ(fluctuation->box_sizes.back(), 4096);
  EXPECT_EQ(fluctuation->box_sizes[1], 21);  // 16 * 256^(1 / 19) = 21.4
}

// Goes red when the mean is not removed, or the fluctuation of a scaled series is not scaled.
TEST(Fluctuation, OffsetAndScaleDoNotMatter) {
  std::vector<double> noise = white_noise(2048, 1, 1);
  const double exponent = detrended_fluctuation(noise)->exponent;
  for (double& value : noise) value = 0.01 * value + 100.0;
  EXPECT_NEAR(detrended_fluctuation(noise)->exponent, exponent, 1e-9);
}

TEST(Fluctuation, IsUndefinedWithAReasonAndRefusesBadSizes) {
  const std::vector<double> noise = white_noise(1023, 1, 2);
  EXPECT_THAT(detrended_fluctuation(noise).reason(), HasSubstr("fewer than 1024"));
  EXPECT_THAT(detrended_fluctuation(noise, {.box_sizes = {8, 16, 256}}).reason(),
              HasSubstr("fewer than 1024"));
  EXPECT_THAT(detrended_fluctuation(std::vector<double>(2000, 0.1)).reason(),
              HasSubstr("does not fluctuate"));
  EXPECT_THROW(detrended_fluctuation(noise, {.box_sizes = {8, 16}}), ConfigError);
  EXPECT_THROW(detrended_fluctuation(noise, {.box_sizes = {3, 8, 16}}), ConfigError);
  EXPECT_THROW(detrended_fluctuation(noise, {.box_sizes = {8, 8, 16}}), ConfigError);
  std::vector<double> broken = white_noise(2000, 1, 3);
  broken[7] = std::nan("");
  EXPECT_THROW(detrended_fluctuation(broken), RunError);
}

}  // namespace
}  // namespace noesis

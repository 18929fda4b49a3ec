/// Resampling and the spectra that come of it.

#include "physics/vitals/irasa.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "core/error.hpp"
#include "physics/vitals/resample.hpp"
#include "tests/vitals/noise.hpp"

namespace noesis {
namespace {

using test::coloured_noise;
using test::view;
using testing::HasSubstr;

// SciPy 1.17: x = [sin(0.3 t t % 7) for t in range(40)]; resample_poly(x, 29, 20) and (x, 20, 29).
// Goes red when the filter is cut at the wrong Nyquist frequency or delayed.
TEST(Resample, AgreesWithScipy) {
  std::vector<double> x;
  for (int t = 0; t < 40; ++t) x.push_back(std::sin(std::fmod(0.3 * t * t, 7.0)));
  const std::vector<double> faster = resample(view(x), 29, 20);
  ASSERT_EQ(faster.size(), 58u);
  EXPECT_NEAR(faster[0], 0.0, 1e-8);
  EXPECT_NEAR(faster[1], 2.24922408e-01, 1e-8);
  EXPECT_NEAR(faster[17], 1.01045969, 1e-8);
  EXPECT_NEAR(faster[40], -4.49041598e-01, 1e-8);
  EXPECT_NEAR(faster[57], 7.62546137e-01, 1e-8);
  const std::vector<double> slower = resample(view(x), 20, 29);
  ASSERT_EQ(slower.size(), 28u);
  EXPECT_NEAR(slower[0], -0.10027915, 1e-8);
  EXPECT_NEAR(slower[13], -0.17598064, 1e-8);
  EXPECT_NEAR(slower[27], 0.72989728, 1e-8);
}

// Goes red when units are mixed up, or a common factor of the ratio is not taken out.
TEST(Resample, TreatsUnitsApart) {
  const std::vector<double> both = test::white_noise(50, 2, 4);
  std::vector<double> second;
  for (int t = 0; t < 50; ++t) second.push_back(both[static_cast<std::size_t>(2 * t + 1)]);
  const std::vector<double> resampled = resample(view(both, 2), 6, 4);
  const std::vector<double> alone = resample(view(second), 3, 2);
  ASSERT_EQ(resampled.size(), 2 * alone.size());
  for (std::size_t t = 0; t < alone.size(); ++t) EXPECT_EQ(resampled[2 * t + 1], alone[t]);
  EXPECT_THROW(resample(view(both, 2), 0, 1), ConfigError);
  EXPECT_THROW(resample(view(both, 2), 1, 1001), ConfigError);
}

// Goes red when the median over h is a mean: the peak is then smeared over its
// neighbours.
TEST(Irasa, TakesAPeakOutAndKeepsTheRest) {
  std::vector<double> signal = coloured_noise(30000, 1.0, 5);
  for (std::size_t t = 0; t < signal.size(); ++t) {
    signal[t] += std::sin(2.0 * std::numbers::pi * 0.02 * static_cast<double>(t));
  }
  const auto parts = irasa(view(signal), 2000, {2.0, 100.0});
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->frequencies_hz.size(), 197u);  // 2, 2.5 .. 100 Hz
  double beside = 0.0;  // mean of ln(total / aperiodic) from 10.5 to 18 Hz
  for (std::size_t i = 0; i < parts->frequencies_hz.size(); ++i) {
    const double excess = std::log(parts->total[i] / parts->aperiodic[i]);
    if (parts->frequencies_hz[i] == 20.0) {
      EXPECT_GT(excess, std::log(30.0));
    }
    if (parts->frequencies_hz[i] >= 10.5 && parts->frequencies_hz[i] <= 18.0) beside += excess / 16;
  }
  EXPECT_NEAR(beside, 0.0, 0.1);
}

// Goes red when the range is checked without the factor of 1.9.
TEST(Irasa, TheResampledBandLiesWithinTheSpectrum) {
  const std::vector<double> noise = coloured_noise(8192, 1.0, 6);  // 1 kHz
  EXPECT_THROW(irasa(view(noise), 2000, {0.9, 100.0}), ConfigError);
  EXPECT_TRUE(irasa(view(noise), 2000, {0.95, 100.0}));
  EXPECT_THROW(irasa(view(noise), 2000, {1.0, 264.0}), ConfigError);
  EXPECT_TRUE(irasa(view(noise), 2000, {1.0, 263.0}));
  EXPECT_THROW(irasa(view(noise), 1, {1.0, 100.0}), ConfigError);
  EXPECT_THROW(irasa(view(noise), 2000, {10.0, 11.0}), ConfigError);
}

TEST(Irasa, IsUndefinedWithAReason) {
  const std::vector<double> noise = coloured_noise(3799, 1.0, 7);
  EXPECT_THAT(irasa(view(noise), 2000, {1.0, 100.0}).reason(), HasSubstr("1.9 segments"));
  const std::vector<double> constant(8192, 0.3);
  EXPECT_THAT(irasa(view(constant), 2000, {1.0, 100.0}).reason(), HasSubstr("no power"));
}

}  // namespace
}  // namespace noesis

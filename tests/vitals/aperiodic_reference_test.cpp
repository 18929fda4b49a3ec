/// Fits of noise whose spectrum is known: 1 kHz, 120 s, Welch segments of 2 s, band 1 to 100 Hz.

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "core/error.hpp"
#include "physics/vitals/aperiodic.hpp"
#include "physics/vitals/exponent_interval.hpp"
#include "physics/vitals/spectrum.hpp"
#include "tests/vitals/noise.hpp"

namespace noesis {
namespace {

using test::coloured_noise;
using test::ornstein_uhlenbeck;
using test::view;

constexpr std::int64_t kSamples = 120000;
constexpr std::int64_t kSegment = 2000;
constexpr FrequencyBand kBand{1.0, 100.0};

/// An independent implementation (NumPy, 50 runs an exponent) has means within 0.049 of the truth
/// and a standard deviation of 0.008 to 0.012; the excess at 3 is leakage of the Hann window. Goes
/// red with a rectangular window (3 comes out near 2), or a density taken for an amplitude.
TEST(AperiodicReference, ColouredNoiseHasItsExponent) {
  constexpr double kTruth[] = {0.0, 0.5, 1.0, 1.5, 2.0, 3.0};
  constexpr double kMean[] = {-0.001, 0.501, 1.005, 1.510, 2.015, 3.049};
  constexpr double kRSquared[] = {0.01, 0.96, 0.989, 0.995, 0.997, 0.998};
  constexpr int kRuns = 6;
  for (int i = 0; i < 6; ++i) {
    double mean = 0.0;
    double r_squared = 0.0;
    for (std::uint64_t seed = 0; seed < kRuns; ++seed) {
      const std::vector<double> noise = coloured_noise(kSamples, kTruth[i], seed);
      const Spectra spectra = welch_mean(view(noise), kSegment);
      const auto line = fit_log_log(spectra.frequencies_hz, spectra.density, kBand);
      const auto robust = fit_aperiodic(spectra.frequencies_hz, spectra.density, kBand);
      ASSERT_TRUE(line && robust);
      EXPECT_NEAR(robust->exponent, line->exponent, 0.06) << kTruth[i];
      mean += line->exponent / kRuns;
      r_squared += line->r_squared / kRuns;
    }
    EXPECT_NEAR(mean, kTruth[i], 0.06);
    EXPECT_NEAR(mean, kMean[i], 0.02);
    EXPECT_NEAR(r_squared, kRSquared[i], 0.015);
  }
}

/// Theory: chi = 2, f_k = 1000 / (2 pi 20 ms) = 7.958 Hz. An independent implementation has
/// 1.989 +- 0.023 and 7.97 +- 0.34, and 1.511 for a straight line: a knee imitates a power law.
/// Goes red when the knee is not fitted.
TEST(AperiodicReference, OrnsteinUhlenbeckHasAKnee) {
  constexpr int kRuns = 6;
  double exponent = 0.0;
  double knee_frequency = 0.0;
  double line = 0.0;
  AperiodicOptions options;
  options.mode = AperiodicMode::kKnee;
  options.max_peaks = 0;
  for (std::uint64_t seed = 0; seed < kRuns; ++seed) {
    const std::vector<double> noise = ornstein_uhlenbeck(kSamples, 1.0, 20.0, seed);
    const Spectra spectra = welch_mean(view(noise), kSegment);
    const auto fit = fit_aperiodic(spectra.frequencies_hz, spectra.density, kBand, options);
    ASSERT_TRUE(fit.has_value());
    exponent += fit->exponent / kRuns;
    knee_frequency += fit->knee_frequency_hz() / kRuns;
    line += fit_log_log(spectra.frequencies_hz, spectra.density, kBand)->exponent / kRuns;
  }
  EXPECT_NEAR(exponent, 1.989, 0.028);
  EXPECT_NEAR(knee_frequency, 7.97, 0.42);
  EXPECT_NEAR(line, 1.511, 0.02);
}

/// A sine of 10 Hz on top: its peak is found and taken out, while a straight line is bent by it.
/// Goes red when peaks are not removed.
TEST(AperiodicReference, AnOscillationIsTakenOut) {
  for (const double exponent : {0.0, 1.0, 2.0}) {
    std::vector<double> noise = coloured_noise(kSamples, exponent, 1);
    for (std::size_t t = 0; t < noise.size(); ++t) {
      noise[t] += 0.5 * std::sin(2.0 * std::numbers::pi * 0.01 * static_cast<double>(t));
    }
    const Spectra spectra = welch_mean(view(noise), kSegment);
    const auto fit = fit_aperiodic(spectra.frequencies_hz, spectra.density, kBand);
    ASSERT_TRUE(fit.has_value());
    ASSERT_EQ(fit->peaks.size(), 1u);
    EXPECT_NEAR(fit->peaks[0].centre_hz, 10.0, 0.05);
    EXPECT_NEAR(fit->exponent, exponent, 0.04);
    const auto line = fit_log_log(spectra.frequencies_hz, spectra.density, kBand);
    EXPECT_GT(std::abs(line->exponent - exponent), 0.045);
  }
}

/// The interval of nearly every run holds the long-run mean, and it is as wide as the scatter
/// between runs (sd 0.008). Goes red when bins are resampled instead of segments (too narrow by
/// far), or when all resamples are the same.
TEST(AperiodicReference, IntervalHoldsTheExponent) {
  int holds = 0;
  constexpr int kRuns = 10;
  AperiodicOptions options;
  options.max_peaks = 0;
  for (std::uint64_t seed = 0; seed < kRuns; ++seed) {
    const std::vector<double> noise = coloured_noise(kSamples, 1.0, 100 + seed);
    const Spectra segments = welch_per_segment(view(noise), kSegment);
    const auto interval = bootstrap_exponent(segments, kBand, options, {.seed = seed});
    ASSERT_TRUE(interval.has_value());
    EXPECT_GT(interval->high - interval->low, 0.02);
    EXPECT_LT(interval->high - interval->low, 0.10);
    if (interval->low <= 1.005 && 1.005 <= interval->high) ++holds;
  }
  EXPECT_GE(holds, 7);
}

TEST(AperiodicReference, IntervalRepeatsAndRefuses) {
  const std::vector<double> noise = coloured_noise(20000, 1.0, 3);
  const Spectra segments = welch_per_segment(view(noise), kSegment);
  AperiodicOptions options;
  options.max_peaks = 0;
  const auto first = bootstrap_exponent(segments, kBand, options);
  const auto second = bootstrap_exponent(segments, kBand, options);
  EXPECT_EQ(first->low, second->low);
  EXPECT_EQ(first->high, second->high);
  EXPECT_NE(bootstrap_exponent(segments, kBand, options, {.seed = 1})->low, first->low);
  EXPECT_THROW(bootstrap_exponent(segments, kBand, {}, {.num_resamples = 1}), ConfigError);
  EXPECT_THROW(bootstrap_exponent(segments, kBand, {}, {.confidence = 1.0}), ConfigError);
  const Spectra few = welch_per_segment(view(noise), 10000);
  EXPECT_THROW(bootstrap_exponent(few, kBand), ConfigError);
}

}  // namespace
}  // namespace noesis

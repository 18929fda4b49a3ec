/// The distances between processes, by hand.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <vector>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "physics/verdict/emulation_metrics.hpp"
#include "physics/verdict/null_quantile.hpp"
#include "physics/verdict/prediction_time.hpp"

namespace noesis {
namespace {

std::vector<double> normals(std::size_t count, double mean, std::uint64_t seed) {
  RandomSequence random(seed, Stream::kVerdict);
  std::vector<double> values(count);
  for (double& x : values) x = mean + random.normal();
  return values;
}

// Shares (1/4, 3/4) and (3/4, 1/4): H^2 = 1 - sum sqrt(p q) = 1 - sqrt(3) / 2. The bin at f = 0 and
// the scale do not count. Goes red when they do, or without the square root.
TEST(SpectralDistance, ByHand) {
  const Spectra a{{0, 1, 2}, {9, 1, 3}};
  const Spectra b{{0, 1, 2}, {0, 30, 10}};
  const double expected = std::sqrt(1 - std::sqrt(3.0) / 2);
  EXPECT_NEAR(spectral_distance(root_spectra(a), root_spectra(b), 1), expected, 1e-15);
  EXPECT_EQ(spectral_distance(root_spectra(a), root_spectra(a), 1), 0);
  const Spectra disjoint{{0, 1, 2}, {0, 0, 1}};
  const Spectra other{{0, 1, 2}, {0, 1, 0}};
  EXPECT_NEAR(spectral_distance(root_spectra(disjoint), root_spectra(other), 1), 1, 1e-15);
}

TEST(SpectralDistance, StillUnits) {
  const Spectra moving{{0, 1, 2}, {0, 1, 1, 0, 1, 1}};
  const Spectra half_still{{0, 1, 2}, {0, 1, 1, 0, 0, 0}};
  EXPECT_DOUBLE_EQ(spectral_distance(root_spectra(moving), root_spectra(half_still), 2), 0.5);
  EXPECT_DOUBLE_EQ(spectral_distance(root_spectra(half_still), root_spectra(half_still), 2), 0);
}

// Values 0, 1, 0, 1 in [0, 1]: the pairs are (0, 24), (24, 0), (0, 24). Goes red when the axes are
// exchanged or values at the upper end fall outside.
TEST(DelayCounts, ByHand) {
  const std::vector<double> series = {0, 1, 0, 1};
  const std::vector<double> low = {0}, high = {1};
  const auto counts = delay_counts(series, 1, 1, low, high);
  ASSERT_EQ(counts.size(), 625u);
  EXPECT_EQ(counts[24], 2);
  EXPECT_EQ(counts[24 * 25], 1);
  const std::vector<double> wide = {-7, 8, -9, 3};
  EXPECT_EQ(delay_counts(wide, 1, 1, low, high), counts);
}

// Three samples in one bin against three in another, a = 1e-3, Z = 3 + 625 a:
// KL = ((3 + a) ln((3 + a) / a) + a ln(a / (3 + a))) / Z. Goes red with another smoothing or the
// arguments exchanged (the second case, of unequal shares).
TEST(DelayDivergence, ByHand) {
  std::vector<std::int32_t> p(625), q(625);
  p[7] = 3;
  q[11] = 3;
  const double a = 1e-3;
  const double log = std::log((3 + a) / a);
  EXPECT_NEAR(delay_divergence(p, q, 1), 3 * log / (3 + 625 * a), 1e-12);
  q[7] = 1;
  q[11] = 2;
  const double expected =
      ((3 + a) * std::log((3 + a) / (1 + a)) + a * std::log(a / (2 + a))) / (3 + 625 * a);
  EXPECT_NEAR(delay_divergence(p, q, 1), expected, 1e-12);
  EXPECT_EQ(delay_divergence(p, p, 1), 0);
}

TEST(DelayDivergence, IsAMeanOverUnits) {
  std::vector<std::int32_t> p(1250), q(1250);
  p[0] = q[0] = p[625] = q[626] = 4;
  const double one = delay_divergence(std::span(p).last(625), std::span(q).last(625), 1);
  EXPECT_NEAR(delay_divergence(p, q, 2), one / 2, 1e-12);
}

// Time irreversible: a saw-tooth and its reverse have the same values and spectrum.
TEST(DelayDivergence, SeesTheDirectionOfTime) {
  std::vector<double> saw, reverse;
  for (int t = 0; t < 600; ++t) saw.push_back(t % 6 / 6.0);
  reverse.assign(saw.rbegin(), saw.rend());
  const std::vector<double> low = {0}, high = {1};
  EXPECT_GT(delay_divergence(delay_counts(saw, 1, 1, low, high),
                             delay_counts(reverse, 1, 1, low, high), 1),
            5);
}

// N(0, 1) against N(1, 1): KL = 1/2. Goes red when the box is the candidate's.
TEST(StateSpaceDivergence, OfTwoGaussians) {
  const auto p = normals(100000, 0, 1);
  const auto q = normals(100000, 1, 2);
  EXPECT_NEAR(state_space_divergence(p, q, 1).value(), 0.5, 0.05);
  EXPECT_NEAR(state_space_divergence(p, normals(100000, 0, 3), 1).value(), 0, 0.01);
}

TEST(StateSpaceDivergence, OutsideIsUndefined) {
  const auto p = normals(1000, 0, 1);
  EXPECT_FALSE(state_space_divergence(p, normals(1000, 100, 2), 1));
  std::vector<double> broken = p;
  broken[3] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(state_space_divergence(p, broken, 1));
}

// Six units: mixtures. Shifted by s in each of d units, N(0, 2 I) against N(s, 2 I) has
// KL = d s^2 / 4; 1,000 draws of it have a standard error of about .04.
TEST(StateSpaceDivergence, OfMixtures) {
  const auto p = normals(6 * 4000, 0, 1);
  auto q = normals(6 * 4000, 0, 2);
  EXPECT_NEAR(state_space_divergence(p, q, 6).value(), 0, 0.1);
  for (double& x : q) x += 0.5;
  EXPECT_NEAR(state_space_divergence(p, q, 6).value(), 6 * 0.25 / 4, 0.15);
}

// Goes red when values are not sorted, or the scale is the candidate's.
TEST(Wasserstein, ByHand) {
  const std::vector<double> x = {0, 2, 0, 2};
  const std::vector<double> y = {5, 3, 3, 5};
  EXPECT_DOUBLE_EQ(wasserstein_distance(x, y, 1), 3);
  const std::vector<double> doubled = {8, 0, 8, 0};
  EXPECT_DOUBLE_EQ(wasserstein_distance(x, doubled, 1), 3);
  EXPECT_DOUBLE_EQ(wasserstein_distance(std::vector<double>{1, 1}, std::vector<double>{2, 2}, 1),
                   0);
}

// An error of .1 t in units of sd: above .4 from sample 5 on. Goes red with >= or a mean of |z|.
TEST(PredictionTime, OfAGrowingError) {
  std::vector<double> truth(40), prediction(40);
  for (std::size_t t = 0; t < 20; ++t) {
    prediction[2 * t] = 0.1 * static_cast<double>(t) * std::numbers::sqrt2 * 0.999;
  }
  const std::vector<double> deviation = {1, 2};
  EXPECT_EQ(valid_prediction_samples(truth, prediction, deviation), 5);
  EXPECT_EQ(valid_prediction_samples(truth, truth, deviation), 20);
  prediction[4] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(valid_prediction_samples(truth, prediction, deviation), 2);
}

TEST(PredictionTime, OverStarts) {
  std::vector<std::int64_t> samples(41);
  for (std::size_t k = 0; k < samples.size(); ++k) samples[k] = static_cast<std::int64_t>(40 - k);
  const PredictionTime time = prediction_time(samples, 0.2, 0.5);
  EXPECT_DOUBLE_EQ(time.median, 2);
  EXPECT_DOUBLE_EQ(time.lower_quartile, 1);
  EXPECT_DOUBLE_EQ(time.upper_quartile, 3);
  EXPECT_THROW(prediction_time(std::vector<std::int64_t>(29), 0.2, 0.5), ConfigError);
}

// Distances |i - j| of 12 runs. Goes red when pairs of a run with itself count.
TEST(RunPairs, Quantiles) {
  const RunPairs pairs(12, [](std::int64_t i, std::int64_t j) {
    return i == j ? 1e9 : std::abs(static_cast<double>(i - j));
  });
  EXPECT_EQ(pairs.values(true).size(), 66u);
  EXPECT_EQ(pairs.values(false).size(), 132u);
  const NullQuantile q = pairs.quantile_of(0.95, 200, 1);
  EXPECT_DOUBLE_EQ(q.value,
                   9);  // at position .95 * 131 of 132: 2 of 11, 4 of 10, 6 of 9 from the top
  EXPECT_LE(q.low, q.value);
  EXPECT_GE(q.high, q.value);
  EXPECT_LE(q.high, 11);
  EXPECT_LT(q.low, q.high);
}

}  // namespace
}  // namespace noesis

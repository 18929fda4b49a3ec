#include "physics/vitals/spectrum.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <thread>
#include <vector>

#include "core/error.hpp"
#include "physics/vitals/fft.hpp"
#include "tests/vitals/noise.hpp"

namespace noesis {
namespace {

using test::view;
using test::white_noise;

std::vector<double> golden_input() {
  std::vector<double> x;
  for (int t = 0; t < 20; ++t) x.push_back((7 * t * t + 3 * t) % 17 / 10.0);
  return x;
}

void expect_density(const Spectra& spectra, const std::vector<double>& expected) {
  ASSERT_EQ(spectra.density.size(), expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k) {
    EXPECT_NEAR(spectra.density[k] / expected[k], 1.0, 1e-12) << "bin " << k;
  }
}

// SciPy 1.17: t = np.arange(20); x = ((7*t*t + 3*t) % 17) / 10
// f, p = scipy.signal.welch(x, fs=250, window="hann", nperseg=n, noverlap=n//2, detrend="constant")
// for n = 8 and 7. Goes red with a symmetric window, another overlap, no detrending, or when the
// bin at half the sampling rate is doubled.
TEST(Welch, AgreesWithScipyForAnEvenSegment) {
  const std::vector<double> x = golden_input();
  const Spectra spectra = welch_mean(view(x, 1, 4.0), 8);
  EXPECT_EQ(spectra.frequencies_hz, (std::vector<double>{0.0, 31.25, 62.5, 93.75, 125.0}));
  expect_density(spectra, {0.00022876226552146783, 0.0012536936033807112, 0.0005275175575727589,
                           0.0019188239541920477, 0.0006162377344785321});
}

TEST(Welch, AgreesWithScipyForAnOddSegment) {
  const std::vector<double> x = golden_input();
  const Spectra spectra = welch_mean(view(x, 1, 4.0), 7);
  EXPECT_NEAR(spectra.frequencies_hz[3], 107.14285714285714, 1e-12);
  expect_density(spectra, {0.0002878871984890463, 0.0009154012614496248, 0.0007464210192365164,
                           0.0012462875113881976});
}

// Goes red when rows are mixed up between units and segments.
TEST(Welch, RowsOfUnitsAndOfSegmentsHaveTheSameMean) {
  const std::vector<double> x = white_noise(1000, 3, 1);
  const Spectra mean = welch_mean(view(x, 3), 100);
  const Spectra units = welch_per_unit(view(x, 3), 100);
  const Spectra segments = welch_per_segment(view(x, 3), 100);
  ASSERT_EQ(mean.num_rows(), 1);
  ASSERT_EQ(units.num_rows(), 3);
  ASSERT_EQ(segments.num_rows(), num_welch_segments(1000, 100));
  ASSERT_EQ(segments.num_rows(), 19);
  for (std::int64_t bin = 0; bin < mean.num_bins(); ++bin) {
    const auto average = [bin](const Spectra& spectra) {
      double sum = 0.0;
      for (std::int64_t row = 0; row < spectra.num_rows(); ++row) {
        sum += spectra.row(row)[static_cast<std::size_t>(bin)];
      }
      return sum / static_cast<double>(spectra.num_rows());
    };
    const double expected = mean.row(0)[static_cast<std::size_t>(bin)];
    EXPECT_NEAR(average(units), expected, 1e-12 * expected);
    EXPECT_NEAR(average(segments), expected, 1e-12 * expected);
  }
  std::vector<double> second;
  for (std::size_t t = 0; t < 1000; ++t) second.push_back(x[3 * t + 1]);
  const Spectra alone = welch_mean(view(second), 100);
  for (std::size_t bin = 0; bin < alone.density.size(); ++bin) {
    EXPECT_EQ(alone.density[bin], units.row(1)[bin]);
  }
}

// White noise of unit variance at 1 kHz: 2 / 1000 a Hz, one-sided. Goes red without the factor 2.
TEST(Welch, WhiteNoiseHasItsDensity) {
  const std::vector<double> x = white_noise(100000, 1, 3);
  const Spectra spectra = welch_mean(view(x), 1000);
  double mean = 0.0;
  for (std::size_t k = 2; k + 2 < spectra.density.size(); ++k) mean += spectra.density[k];
  mean /= static_cast<double>(spectra.density.size() - 4);
  EXPECT_NEAR(mean, 2e-3, 4e-5);
}

TEST(Welch, ConstantInputHasNoPower) {
  const std::vector<double> x(100, 0.5);
  for (const double density : welch_mean(view(x), 20).density) EXPECT_EQ(density, 0.0);
}

TEST(Welch, RefusesBadSegments) {
  const std::vector<double> x(100, 0.5);
  EXPECT_THROW(welch_mean(view(x), 1), ConfigError);
  EXPECT_THROW(welch_mean(view(x), 101), ConfigError);
  EXPECT_THROW(RealFft(0), ConfigError);
  EXPECT_THROW(InverseFft(-1), ConfigError);
}

// A prime length, forwards and back. Goes red when a sign of the exponent is wrong.
TEST(Fft, BackAndForth) {
  constexpr std::size_t kLength = 13;
  RealFft forward(kLength);
  InverseFft backward(kLength);
  for (std::size_t t = 0; t < kLength; ++t)
    forward.input()[t] = std::sin(1.0 + static_cast<double>(t * t));
  forward.execute();
  for (std::size_t k = 0; k < kLength; ++k) {
    backward.values()[k] =
        k <= kLength / 2 ? forward.output()[k] : std::conj(forward.output()[kLength - k]);
  }
  backward.execute();
  for (std::size_t t = 0; t < kLength; ++t) {
    EXPECT_NEAR(backward.values()[t].real() / kLength, forward.input()[t], 1e-14);
    EXPECT_NEAR(backward.values()[t].imag(), 0.0, 1e-13);
  }
}

// FFTW's planner is not thread-safe. Goes red (a crash) when it is not locked.
TEST(Fft, PlansFromManyThreads) {
  std::vector<std::thread> threads;
  std::vector<double> sums(4);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    threads.emplace_back([&sums, i] {
      for (std::int64_t length = 2; length < 120; ++length) {
        RealFft fft(length);
        for (double& value : fft.input()) value = 1.0;
        fft.execute();
        sums[i] += fft.output()[0].real();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const double sum : sums) EXPECT_EQ(sum, 7139.0);
}

}  // namespace
}  // namespace noesis

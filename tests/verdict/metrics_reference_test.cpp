/// Distances of surrogates from Lorenz-63, against values computed with NumPy: 100,000 samples of
/// .01 time units; D_H of |rfft|^2 of each z-scored coordinate, smoothed by a Gaussian of 20 bins.

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/threads.hpp"
#include "physics/subject.hpp"
#include "physics/verdict/emulation_metrics.hpp"
#include "physics/verdict/surrogates.hpp"
#include "physics/vitals/fft.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kSamples = 100000;

const std::vector<double>& lorenz(std::uint64_t seed) {
  static const auto record_run = [](std::uint64_t start) {
    const ThreadArena arena(1);
    Subject subject = make_subject("lorenz63", 1);
    subject.interval = 0.04;  // of tau = .25: dt
    const auto process = make_process(subject, arena);
    Process::State state = process->start(start);
    return record(*process, state, kSamples);
  };
  static const std::vector<double> first = record_run(1), second = record_run(2);
  return seed == 1 ? first : second;
}

SeriesView view(const std::vector<double>& series) { return {series.data(), kSamples, 3, 10}; }

Spectra smoothed(const std::vector<double>& series) {
  constexpr int kSigma = 20, kReach = 80;
  const UnitMoments moments = unit_moments(view(series));
  RealFft fft(kSamples);
  Spectra spectra;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t t = 0; t < static_cast<std::size_t>(kSamples); ++t) {
      fft.input()[t] = (series[3 * t + i] - moments.mean[i]) / std::sqrt(moments.variance[i]);
    }
    fft.execute();
    const auto bins = static_cast<int>(fft.output().size());
    for (int k = 0; k < bins; ++k) {
      double sum = 0, norm = 0;
      for (int j = std::max(0, k - kReach); j <= std::min(bins - 1, k + kReach); ++j) {
        const double weight = std::exp(-0.5 * (j - k) * (j - k) / (kSigma * kSigma));
        sum += weight * std::norm(fft.output()[static_cast<std::size_t>(j)]);
        norm += weight;
      }
      spectra.density.push_back(sum / norm);
      if (i == 0) spectra.frequencies_hz.push_back(k);
    }
  }
  return spectra;
}

double hellinger(const std::vector<double>& candidate) {
  return spectral_distance(root_spectra(smoothed(lorenz(1))), root_spectra(smoothed(candidate)), 3);
}

double divergence(const std::vector<double>& candidate) {
  return state_space_divergence(lorenz(1), candidate, 3).value();
}

// Computed: floors .027 .. .037 and .047 .. .052.
TEST(LorenzDistances, OfTheSubjectFromItself) {
  EXPECT_NEAR(divergence(lorenz(2)), 0.032, 0.015);
  EXPECT_NEAR(hellinger(lorenz(2)), 0.0495, 0.005);
}

// Computed: 3.72 and .877.
TEST(LorenzDistances, OfWhiteNoise) {
  const auto white = power_law_noise(view(lorenz(1)), 0, 0, 1);
  EXPECT_NEAR(divergence(white), 3.72, 0.1);
  EXPECT_NEAR(hellinger(white), 0.877, 0.01);
}

// Computed: 2.64 and .000. Neither distance alone is a verdict: see the next one.
TEST(LorenzDistances, OfAPhaseRandomisedSurrogate) {
  const auto surrogate = phase_randomised(view(lorenz(1)), 1);
  EXPECT_NEAR(divergence(surrogate), 2.64, 0.25);
  EXPECT_LT(hellinger(surrogate), 1e-4);
}

// Computed: .000 and .879.
TEST(LorenzDistances, OfATimeShuffle) {
  const auto surrogate = time_shuffled(view(lorenz(1)), 1);
  EXPECT_LT(divergence(surrogate), 1e-6);
  EXPECT_NEAR(hellinger(surrogate), 0.879, 0.01);
}

// Computed: 16.3 for a fixed point of the flow.
TEST(LorenzDistances, OfAFixedPoint) {
  std::vector<double> still;
  const double c = std::sqrt(72);
  for (std::int64_t t = 0; t < kSamples; ++t) still.insert(still.end(), {c, c, 27});
  EXPECT_NEAR(divergence(still), 16.3, 0.5);
}

}  // namespace
}  // namespace noesis

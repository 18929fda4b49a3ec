/// What surrogates keep of any recording.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "core/rng.hpp"
#include "physics/verdict/surrogates.hpp"
#include "physics/vitals/fft.hpp"

namespace noesis {
namespace {

struct Recording {
  std::vector<double> values;
  std::int64_t num_units;
  SeriesView view() const {
    return {values.data(), static_cast<std::int64_t>(values.size()) / num_units, num_units, 1};
  }
};

/// A random walk of 1 .. 4 units over 8 .. 200 samples, even and odd.
Recording any_recording() {
  const auto units = static_cast<std::size_t>(*rc::gen::inRange(1, 5));
  const auto samples = static_cast<std::size_t>(*rc::gen::inRange(8, 201));
  RandomSequence random(*rc::gen::arbitrary<std::uint64_t>(), Stream::kNoise);
  Recording recording{std::vector<double>(samples * units), static_cast<std::int64_t>(units)};
  for (std::size_t k = 0; k < recording.values.size(); ++k) {
    recording.values[k] = random.normal() + (k >= units ? recording.values[k - units] : 0);
  }
  return recording;
}

std::vector<double> unit_of(const std::vector<double>& series, std::int64_t units,
                            std::int64_t unit) {
  std::vector<double> values;
  for (std::size_t k = static_cast<std::size_t>(unit); k < series.size();
       k += static_cast<std::size_t>(units)) {
    values.push_back(series[k]);
  }
  return values;
}

std::vector<std::complex<double>> transform(const std::vector<double>& values) {
  RealFft fft(static_cast<std::int64_t>(values.size()));
  std::copy(values.begin(), values.end(), fft.input().begin());
  fft.execute();
  return {fft.output().begin(), fft.output().end()};
}

std::vector<double> sorted(std::vector<double> values) {
  std::ranges::sort(values);
  return values;
}

// Goes red when each unit gets phases of its own (cross-spectra), or the mean or the highest
// frequency is turned.
TEST(SurrogatesProperty, PhaseRandomisedKeepsSpectraAndCrossSpectra) {
  EXPECT_TRUE(rc::check([] {
    const Recording recording = any_recording();
    const auto surrogate = phase_randomised(recording.view(), 3);
    const auto first = transform(unit_of(recording.values, recording.num_units, 0));
    const auto first_turned = transform(unit_of(surrogate, recording.num_units, 0));
    for (std::int64_t i = 0; i < recording.num_units; ++i) {
      const auto x = transform(unit_of(recording.values, recording.num_units, i));
      const auto y = transform(unit_of(surrogate, recording.num_units, i));
      double power = 0;
      for (const auto& c : x) power += std::norm(c);
      for (std::size_t k = 0; k < x.size(); ++k) {
        const auto difference = x[k] * std::conj(first[k]) - y[k] * std::conj(first_turned[k]);
        RC_ASSERT(std::abs(std::norm(x[k]) - std::norm(y[k])) <= 1e-10 * power);
        RC_ASSERT(std::abs(difference) <= 1e-10 * (power + std::norm(first[k]) + std::norm(x[k])));
      }
    }
  }));
}

TEST(SurrogatesProperty, AmplitudeAdjustedKeepsTheValuesOfEachUnit) {
  EXPECT_TRUE(rc::check([] {
    const Recording recording = any_recording();
    const auto surrogate = amplitude_adjusted(recording.view(), 3);
    for (std::int64_t i = 0; i < recording.num_units; ++i) {
      RC_ASSERT(sorted(unit_of(surrogate, recording.num_units, i)) ==
                sorted(unit_of(recording.values, recording.num_units, i)));
    }
  }));
}

// Goes red when units are shuffled apart, or a sample is lost.
TEST(SurrogatesProperty, ShuffledAndReversedKeepEachSample) {
  EXPECT_TRUE(rc::check([] {
    const Recording recording = any_recording();
    const auto samples = [&](const std::vector<double>& series) {
      std::vector<std::vector<double>> rows;
      for (std::size_t k = 0; k < series.size();
           k += static_cast<std::size_t>(recording.num_units)) {
        rows.emplace_back(series.begin() + static_cast<std::ptrdiff_t>(k),
                          series.begin() + static_cast<std::ptrdiff_t>(k) + recording.num_units);
      }
      return rows;
    };
    auto kept = samples(recording.values);
    auto reversed = samples(time_reversed(recording.view()));
    std::ranges::reverse(reversed);
    RC_ASSERT(reversed == kept);
    auto shuffled = samples(time_shuffled(recording.view(), 3));
    std::ranges::sort(shuffled);
    std::ranges::sort(kept);
    RC_ASSERT(shuffled == kept);
  }));
}

TEST(SurrogatesProperty, NoiseHasTheMomentsOfEachUnit) {
  EXPECT_TRUE(rc::check([] {
    const Recording recording = any_recording();
    const UnitMoments expected = unit_moments(recording.view());
    for (const auto& noise : {power_law_noise(recording.view(), 1.5, 0.01, 3),
                              ornstein_uhlenbeck(recording.view(), 5, 3)}) {
      const Recording made{noise, recording.num_units};
      const UnitMoments got = unit_moments(made.view());
      for (std::size_t i = 0; i < got.mean.size(); ++i) {
        const double scale = std::abs(expected.mean[i]) + std::sqrt(expected.variance[i]);
        RC_ASSERT(std::abs(got.mean[i] - expected.mean[i]) <= 1e-10 * scale);
        RC_ASSERT(std::abs(got.variance[i] - expected.variance[i]) <= 1e-10 * scale * scale);
      }
    }
  }));
}

// Goes red when a seed is ignored.
TEST(Surrogates, SeedsDecide) {
  const Recording recording{{1, 4, 2, 8, 5, 7, 1, 4, 2, 9}, 1};
  const SeriesView view = recording.view();
  EXPECT_EQ(phase_randomised(view, 1), phase_randomised(view, 1));
  EXPECT_NE(phase_randomised(view, 1), phase_randomised(view, 2));
  EXPECT_NE(time_shuffled(view, 1), time_shuffled(view, 2));
  EXPECT_NE(power_law_noise(view, 1, 0, 1), power_law_noise(view, 1, 0, 2));
  EXPECT_NE(ornstein_uhlenbeck(view, 2, 1), ornstein_uhlenbeck(view, 2, 2));
}

// Iterations bring the spectrum closer than one rank ordering does.
TEST(Surrogates, AmplitudeAdjustmentConverges) {
  RandomSequence random(4, Stream::kNoise);
  Recording recording{std::vector<double>(512), 1};
  double x = 0;
  for (double& value : recording.values) {
    x = 0.9 * x + random.normal();
    value = std::exp(x / 2);
  }
  const auto target = transform(recording.values);
  const auto misfit = [&](int iterations) {
    const auto got = transform(amplitude_adjusted(recording.view(), 1, iterations));
    double sum = 0;
    for (std::size_t k = 0; k < got.size(); ++k) {
      sum += std::pow(std::abs(got[k]) - std::abs(target[k]), 2);
    }
    return sum;
  };
  EXPECT_LT(misfit(10), 0.1 * misfit(0));
}

}  // namespace
}  // namespace noesis

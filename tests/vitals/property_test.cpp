/// Properties of the vitals that hold for any input.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <vector>

#include "physics/vitals/activity.hpp"
#include "physics/vitals/aperiodic.hpp"
#include "physics/vitals/avalanches.hpp"
#include "physics/vitals/spectrum.hpp"
#include "physics/vitals/synchrony.hpp"
#include "tests/vitals/noise.hpp"

namespace noesis {
namespace {

using test::coloured_noise;
using test::view;
using test::white_noise;

/// Noise in which each unit is a random part of a common signal.
struct Recording {
  std::vector<double> values;
  int num_units;
};

Recording any_recording() {
  const int num_units = *rc::gen::inRange(1, 9);
  const int num_samples = *rc::gen::inRange(2, 60);
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const double common = 0.01 * *rc::gen::inRange(0, 100);
  std::vector<double> values = white_noise(num_samples, num_units, seed);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] =
        (1.0 - common) * values[i] + common * values[i - i % static_cast<std::size_t>(num_units)];
  }
  return {std::move(values), num_units};
}

// Goes red without centring (one dimension more than T - 1), or with a trace of the wrong matrix.
TEST(VitalsProperty, ParticipationRatioIsBetweenOneAndTheRank) {
  EXPECT_TRUE(rc::check([] {
    const Recording recording = any_recording();
    const SeriesView series = view(recording.values, recording.num_units);
    const double ratio = participation_ratio(series);
    const auto rank = static_cast<double>(std::min(series.num_units, series.num_samples - 1));
    RC_ASSERT(ratio >= 1.0 - 1e-9);
    RC_ASSERT(ratio <= rank + 1e-9);
  }));
}

// Goes red when the population variance is over another number of samples than the units'.
TEST(VitalsProperty, SynchronyIsBetweenZeroAndOne) {
  EXPECT_TRUE(rc::check([] {
    const Recording recording = any_recording();
    const SeriesView series = view(recording.values, recording.num_units);
    const double order = kuramoto_order(series);
    const double chi = golomb_chi(series);
    RC_ASSERT(order >= 0.0 && order <= 1.0 + 1e-12);
    RC_ASSERT(chi >= 0.0 && chi <= 1.0 + 1e-12);
  }));
}

// Synchrony does not depend on the scale or the offset of the units. Goes red when phases are of
// the raw signal.
TEST(VitalsProperty, SynchronyHasNoScale) {
  EXPECT_TRUE(rc::check([] {
    const Recording recording = any_recording();
    const double scale = 0.5 * *rc::gen::inRange(1, 20);
    const double offset = *rc::gen::inRange(-5, 6);
    std::vector<double> other = recording.values;
    for (double& value : other) value = scale * value + offset;
    const SeriesView first = view(recording.values, recording.num_units);
    const SeriesView second = view(other, recording.num_units);
    RC_ASSERT(std::abs(golomb_chi(first) - golomb_chi(second)) < 1e-9);
    RC_ASSERT(std::abs(participation_ratio(first) - participation_ratio(second)) < 1e-8);
    RC_ASSERT(std::abs(kuramoto_order(first) - kuramoto_order(second)) < 1e-8);
  }));
}

// Parseval: the density integrates to the weighted mean square of the windowed, centred segments.
// Goes red when a bin is counted twice or once too few, for even and odd segments.
TEST(VitalsProperty, WelchKeepsThePower) {
  EXPECT_TRUE(rc::check([] {
    const int segment = *rc::gen::inRange(4, 40);
    const int num_samples = segment + *rc::gen::inRange(0, 100);
    const double interval_ms = 0.1 * *rc::gen::inRange(1, 100);
    const std::vector<double> x = white_noise(num_samples, 1, *rc::gen::arbitrary<std::uint64_t>());
    const Spectra spectra = welch_mean(view(x, 1, interval_ms), segment);
    double integral = 0.0;
    for (const double density : spectra.density) integral += density * spectra.frequencies_hz[1];

    double power = 0.0;
    int num_segments = 0;
    for (int start = 0; start + segment <= num_samples; start += segment - segment / 2) {
      double mean = 0.0;
      for (int t = 0; t < segment; ++t) mean += x[static_cast<std::size_t>(start + t)] / segment;
      double windowed = 0.0;
      double window_power = 0.0;
      for (int t = 0; t < segment; ++t) {
        const double w = 0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * t / segment);
        const double value = w * (x[static_cast<std::size_t>(start + t)] - mean);
        windowed += value * value;
        window_power += w * w;
      }
      power += windowed / window_power;
      ++num_segments;
    }
    power /= num_segments;
    RC_ASSERT(std::abs(integral - power) < 1e-10 * power);
  }));
}

// The exponent does not depend on the units of power or of frequency; the offset moves with both.
// Goes red when a threshold of the fit is absolute in power.
TEST(VitalsProperty, ExponentHasNoScale) {
  const std::vector<double> noise = coloured_noise(20000, 1.0, 7);
  const Spectra spectra = welch_mean(view(noise), 1000);
  const auto fit = fit_aperiodic(spectra.frequencies_hz, spectra.density, {1.0, 100.0});
  EXPECT_TRUE(rc::check([&] {
    const double decades = 0.1 * *rc::gen::inRange(-60, 60);
    std::vector<double> scaled = spectra.density;
    for (double& density : scaled) density *= std::pow(10.0, decades);
    const auto other = fit_aperiodic(spectra.frequencies_hz, scaled, {1.0, 100.0});
    RC_ASSERT(std::abs(other->exponent - fit->exponent) < 1e-6);
    RC_ASSERT(std::abs(other->offset - fit->offset - decades) < 1e-6);

    const double stretch = 0.1 * *rc::gen::inRange(1, 100);
    std::vector<double> frequencies = spectra.frequencies_hz;
    for (double& f : frequencies) f *= stretch;
    const FrequencyBand band{stretch * (1.0 - 1e-9), stretch * (100.0 + 1e-9)};
    const auto line = fit_log_log(spectra.frequencies_hz, spectra.density, {1.0, 100.0});
    const auto moved = fit_log_log(frequencies, spectra.density, band);
    RC_ASSERT(std::abs(moved->exponent - line->exponent) < 1e-9);
  }));
}

// Every active bin belongs to one avalanche or to a run that an end cuts. Goes red when a run is
// split, lost or counted twice.
TEST(VitalsProperty, AvalanchesHoldAllActivityBetweenSilentBins) {
  EXPECT_TRUE(rc::check([] {
    const auto counts = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 5));
    const int threshold = *rc::gen::inRange(0, 4);
    const std::vector<double> activity(counts.begin(), counts.end());
    const auto silent = [&](double value) { return value <= threshold; };
    const auto first = std::ranges::find_if(activity, silent);
    const auto last = std::find_if(activity.rbegin(), activity.rend(), silent).base();
    double size = 0.0;
    double duration = 0.0;
    if (first != activity.end()) {
      for (auto bin = first; bin != last; ++bin) {
        size += std::max(0.0, *bin - threshold);
        duration += silent(*bin) ? 0.0 : 1.0;
      }
    }
    const Avalanches avalanches = find_avalanches(activity, threshold);
    RC_ASSERT(std::accumulate(avalanches.sizes.begin(), avalanches.sizes.end(), 0.0) == size);
    RC_ASSERT(std::accumulate(avalanches.durations.begin(), avalanches.durations.end(), 0.0) ==
              duration);
  }));
}

}  // namespace
}  // namespace noesis

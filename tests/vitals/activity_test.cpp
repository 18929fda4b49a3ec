#include "physics/vitals/activity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <vector>

#include "core/error.hpp"
#include "physics/vitals/levels.hpp"
#include "physics/vitals/synchrony.hpp"
#include "tests/vitals/noise.hpp"

namespace noesis {
namespace {

using test::view;
using test::white_noise;

// Two units over four samples: 0 1 0 1 (sd 1/2) and a still 0.95.
// Goes red when the variance divides by n - 1, or saturation counts units instead of values.
TEST(Activity, ByHand) {
  const std::vector<double> values = {0.0, 0.95, 1.0, 0.95, 0.0, 0.95, 1.0, 0.95};
  const Activity activity = measure_activity(view(values, 2));
  EXPECT_DOUBLE_EQ(activity.mean_rate, 0.725);
  EXPECT_NEAR(activity.unit_deviation, 0.25, 1e-15);
  EXPECT_DOUBLE_EQ(activity.active_fraction, 0.5);
  EXPECT_DOUBLE_EQ(activity.saturated_fraction, 0.75);
  EXPECT_NEAR(activity.population_deviation, 0.25, 1e-15);
  EXPECT_NEAR(activity.participation_ratio, 1.0, 1e-12);
}

// Goes red when the level is not taken relative to the largest rate.
TEST(Activity, SaturationIsRelativeToTheLargestRate) {
  const std::vector<double> values = {8.0, 9.5, 10.0, 1.0};
  ActivityOptions options;
  options.max_rate = 10.0;
  EXPECT_DOUBLE_EQ(measure_activity(view(values), options).saturated_fraction, 0.5);
  EXPECT_DOUBLE_EQ(saturated_fraction(values, 9.0), 0.5);
  EXPECT_DOUBLE_EQ(saturated_fraction({}, 9.0), 0.0);
}

// numpy: c = np.cov(rows); np.trace(c)**2 / np.trace(c @ c), for the rows x, sin(2 pi t / 8) and
// cos(2 pi t / 5) + 0.3 x with x = ((7 t t + 3 t) % 17) / 10, t = 0 .. 19.
// Goes red when the mean is not removed or the Gram matrix is formed from the wrong side.
TEST(Activity, ParticipationRatioAgreesWithNumpy) {
  std::vector<double> wide;
  for (int t = 0; t < 20; ++t) {
    const double x = (7 * t * t + 3 * t) % 17 / 10.0;
    wide.push_back(x);
    wide.push_back(std::sin(2.0 * std::numbers::pi * t / 8.0));
    wide.push_back(std::cos(2.0 * std::numbers::pi * t / 5.0) + 0.3 * x);
  }
  EXPECT_NEAR(participation_ratio(view(wide, 3)), 2.7342901538175206, 1e-12);
}

// N independent units over T samples have N T / (N + T) in expectation (Marchenko-Pastur).
TEST(Activity, IndependentUnitsFillTheirDimensions) {
  const std::vector<double> noise = white_noise(20000, 50, 1);
  EXPECT_NEAR(participation_ratio(view(noise, 50)), 50.0 * 20000.0 / 20050.0, 0.1);
  // Fewer samples than units: the other Gram matrix.
  EXPECT_NEAR(participation_ratio(view(noise, 2000)), 2000.0 * 500.0 / 2500.0, 5.0);
}

// Goes red when a ratio of zeros is let through as NaN.
TEST(Activity, ConstantInputIsStill) {
  const std::vector<double> constant(600, 0.3);
  const SeriesView still = view(constant, 6);
  const Activity activity = measure_activity(still);
  EXPECT_NEAR(activity.mean_rate, 0.3, 1e-12);
  EXPECT_NEAR(activity.unit_deviation, 0.0, 1e-12);
  EXPECT_EQ(activity.active_fraction, 0.0);
  EXPECT_EQ(activity.participation_ratio, 0.0);
  EXPECT_EQ(kuramoto_order(still), 0.0);
  EXPECT_EQ(golomb_chi(still), 0.0);
}

TEST(Activity, RefusesBadInput) {
  std::vector<double> values(10, 0.5);
  EXPECT_THROW(measure_activity(SeriesView{}), ConfigError);
  EXPECT_THROW(measure_activity({values.data(), 0, 1, 1.0}), ConfigError);
  EXPECT_THROW(measure_activity({values.data(), 10, 1, 0.0}), ConfigError);
  EXPECT_THROW(participation_ratio({values.data(), 1, 10, 1.0}), ConfigError);
  EXPECT_THROW(measure_activity(view(values), {.max_rate = 0.0}), ConfigError);
  values[7] = std::numeric_limits<double>::quiet_NaN();
  try {
    measure_activity(view(values, 5));
    FAIL() << "no error";
  } catch (const RunError& error) {
    EXPECT_EQ(error.parts().where, "sample 1, unit 2");
  }
}

// scipy: a = hilbert(x - x.mean(0), axis=0); abs(exp(1j * angle(a)).mean(1)).mean(), for the second
// and third row of the test above as units; 20 samples, then 19. Goes red when the bins at 0 or
// half the sampling rate are doubled, or the mean stays in.
TEST(Synchrony, KuramotoAgreesWithScipy) {
  std::vector<double> units;
  for (int t = 0; t < 20; ++t) {
    const double x = (7 * t * t + 3 * t) % 17 / 10.0;
    units.push_back(std::sin(2.0 * std::numbers::pi * t / 8.0));
    units.push_back(std::cos(2.0 * std::numbers::pi * t / 5.0) + 0.3 * x);
  }
  EXPECT_NEAR(kuramoto_order(view(units, 2)), 0.5430221475042486, 1e-12);
  units.resize(38);
  EXPECT_NEAR(kuramoto_order(view(units, 2)), 0.5250936375712654, 1e-12);
}

// Goes red when the mean is over |e^(i phi)| instead of e^(i phi), or chi^2 is upside down.
TEST(Synchrony, IndependentAndIdenticalUnits) {
  constexpr int kUnits = 50;
  const std::vector<double> noise = white_noise(5000, kUnits, 2);
  EXPECT_NEAR(golomb_chi_squared(view(noise, kUnits)), 1.0 / kUnits, 0.002);
  EXPECT_NEAR(golomb_chi(view(noise, kUnits)), std::sqrt(1.0 / kUnits), 0.006);
  EXPECT_NEAR(kuramoto_order(view(noise, kUnits)), std::sqrt(std::numbers::pi / (4.0 * kUnits)),
              0.005);

  std::vector<double> identical;
  for (int t = 0; t < 1000; ++t)
    identical.insert(identical.end(), 10, noise[static_cast<std::size_t>(t)]);
  EXPECT_NEAR(golomb_chi(view(identical, 10)), 1.0, 1e-12);
  EXPECT_NEAR(kuramoto_order(view(identical, 10)), 1.0, 1e-12);
}

// Goes red when still units take part: their phases are those of rounding errors.
TEST(Synchrony, OnlyActiveUnitsHaveAPhase) {
  std::vector<double> units;
  for (int t = 0; t < 500; ++t) {
    units.push_back(std::sin(0.1 * t));
    units.push_back(0.5 + 1e-5 * std::sin(0.37 * t));
  }
  EXPECT_NEAR(kuramoto_order(view(units, 2)), 1.0, 1e-12);
}

// Goes red when a chunk's last lane is left out, or a level is counted at its threshold.
TEST(Levels, ByHandAndAgainstPlainSums) {
  const std::vector<double> few = {0.5, -0.25, 1.0, 0.0};
  const Levels by_hand = levels_of(std::span(few), {0.5, 0.9});
  EXPECT_EQ(by_hand.sum, 1.25);
  EXPECT_EQ(by_hand.size_sum, 1.75);
  EXPECT_EQ(by_hand.square_sum, 1.3125);
  EXPECT_EQ(by_hand.num_active, 1);
  EXPECT_EQ(by_hand.num_saturated, 1);
  const LevelSummary summary = summarise(by_hand, 4);
  EXPECT_EQ(summary.mean_rate, 0.3125);
  EXPECT_EQ(summary.unit_variance, 1.3125 / 4 - 0.3125 * 0.3125);
  EXPECT_EQ(summary.active_fraction, 0.25);

  const std::vector<double> many = white_noise(2111, 1, 5);
  double sum = 0, squares = 0;
  for (const double y : many) {
    sum += y;
    squares += y * y;
  }
  const Levels levels = levels_of(std::span(many));
  EXPECT_NEAR(levels.sum, sum, 1e-10);
  EXPECT_NEAR(levels.square_sum, squares, 1e-9);
  const double mean = sum / 2111;
  EXPECT_NEAR(summarise(levels, 2111).unit_variance, squares / 2111 - mean * mean, 1e-12);
  EXPECT_EQ(levels_of(std::span<const float>()), Levels{});
}

}  // namespace
}  // namespace noesis

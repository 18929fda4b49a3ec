/// What `noesis simulate` says of the mean rate.

#include "runners/mean_rate_summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runners/vitals_summary.hpp"
#include "tests/vitals/counts.hpp"
#include "tests/vitals/noise.hpp"

namespace noesis {
namespace {

using nlohmann::ordered_json;
using testing::ElementsAre;

constexpr VitalsSpec kAll{.branching = true, .avalanches = true, .dfa = true, .irasa = true};

std::vector<std::string> keys(const ordered_json& object) {
  std::vector<std::string> keys;
  for (const auto& item : object.items()) keys.push_back(item.key());
  return keys;
}

// Goes red when one is measured that was not asked for: they take time.
TEST(MeanRateSummary, HasWhatIsAskedFor) {
  const std::vector<double> noise = test::coloured_noise(40000, 1.0, 0);
  const SeriesView rates = test::view(noise, 2);
  EXPECT_TRUE(summarise_mean_rate(rates, {}).empty());
  EXPECT_THAT(keys(summarise_mean_rate(rates, {.dfa = true})), ElementsAre("dfa"));
  EXPECT_THAT(keys(summarise_mean_rate(rates, kAll)),
              ElementsAre("branching", "avalanches", "dfa", "irasa"));
  EXPECT_TRUE(summarise_vitals(rates, std::nullopt, kAll, true).contains("irasa"));
}

// Goes red when a fit of rounding errors, or a saturation of millivolts, looks like a finding.
TEST(VitalsSummary, SaysNothingOfWhatDoesNotMoveAndOfWhatIsNoRate) {
  const std::vector<double> noise = test::coloured_noise(4000, 1.0, 0);
  std::vector<double> still(noise.size(), 0.25);
  for (std::size_t t = 0; t < still.size(); ++t) still[t] += 1e-9 * noise[t];
  const auto summary = [](const std::vector<double>& values, bool are_rates) {
    const SeriesView rates = test::view(values);
    const std::optional<Spectra> spectrum = measure_spectrum(rates, {});
    EXPECT_TRUE(spectrum.has_value());
    return summarise_vitals(rates, spectrum, {}, are_rates);
  };
  const ordered_json moving = summary(noise, true), unmoved = summary(still, true);
  for (const char* of_movement :
       {"participation_ratio", "kuramoto_order", "golomb_chi", "spectrum"}) {
    EXPECT_FALSE(moving[of_movement].is_null()) << of_movement;
    EXPECT_TRUE(unmoved[of_movement].is_null()) << of_movement;
  }
  EXPECT_NEAR(unmoved["mean_rate"], 0.25, 1e-6);
  EXPECT_EQ(unmoved["saturated_fraction"], 0.0);
  EXPECT_TRUE(summary(noise, false)["saturated_fraction"].is_null());
}

// Times are in ms, whatever the interval. Goes red when they are in samples.
TEST(MeanRateSummary, MeasuresInMilliseconds) {
  const std::vector<double> seen = test::branching_process(50000, 0.95, 10.0, 0.2, 1);
  const ordered_json summary = summarise_mean_rate(test::view(seen, 1, 4.0), kAll);
  EXPECT_NEAR(summary["branching"]["ratio"], 0.95, 0.005);
  EXPECT_NEAR(summary["branching"]["tau_ms"], 4.0 * 19.5, 8.0);
  EXPECT_EQ(summary["dfa"]["box_range_ms"][0], 64.0);
  EXPECT_EQ(summary["dfa"]["box_range_ms"][1], 4.0 * 3125);
  EXPECT_GT(summary["avalanches"]["num_avalanches"], 1000);
  EXPECT_GT(summary["avalanches"]["threshold"], 0.0);
  EXPECT_NEAR(summary["irasa"]["band_hz"][1], 125.0 / 1.9, 1e-9);
  EXPECT_TRUE(summary["irasa"]["exponent"].is_number());
}

// Goes red when a still or brief recording ends the run with an error.
TEST(MeanRateSummary, NamesWhyAMeasureIsUndefined) {
  const std::vector<double> still(20000, 0.25);
  const std::vector<double> brief = test::white_noise(20, 1, 0);
  for (const std::vector<double>& values : {still, brief}) {
    const ordered_json summary = summarise_mean_rate(test::view(values), kAll);
    for (const auto& item : summary.items()) {
      EXPECT_THAT(keys(item.value()), ElementsAre("undefined")) << item.key();
    }
  }
  VitalsSpec narrow = kAll;
  narrow.band_low_hz = 300;  // above what resampling leaves of 500 Hz
  EXPECT_TRUE(summarise_mean_rate(test::view(still), narrow)["irasa"].contains("undefined"));
}

}  // namespace
}  // namespace noesis

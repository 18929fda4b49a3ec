// The worm's exponents over five brains a row, and the null that keeps every degree. Published over
// ten.

#include <gtest/gtest.h>

#include <ostream>

#include "tests/physics/worm.hpp"

namespace noesis {
namespace {

using testing::Spread;
using testing::Worm;

struct Row {
  double coupling;
  bool rewired;
  Spread exponent;
  double mean_rate, unit_deviation, saturated;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << "G = " << row.coupling << (row.rewired ? ", rewired" : "");
}

class WormTable : public ::testing::TestWithParam<Row> {};
INSTANTIATE_TEST_SUITE_P(Rows, WormTable,
                         ::testing::Values(Row{.5, false, {.0518, .0049, 10}, .133, .091, 0},
                                           Row{1, false, {.1204, .0074, 10}, .149, .104, 0},
                                           Row{1.5, false, {.1908, .0088, 10}, .191, .140, .002},
                                           Row{2, false, {.2416, .0160, 10}, .574, .087, .46},
                                           Row{1, true, {.1205, .0080, 10}, .151, .106, 0}));

// Mutations: as in celegans_reference_test.cpp.
TEST_P(WormTable, ExponentsAndActivity) {
  const Row row = GetParam();
  std::vector<double> exponents, mean_rates, deviations, saturated;
  for (const std::uint64_t seed : testing::seeds_from(3000, 5)) {
    const Worm worm{.coupling = row.coupling,
                    .rewire_seed = row.rewired ? static_cast<std::int64_t>(seed) : 0};
    exponents.push_back(worm.exponent(seed).exponent);
    const Activity activity = worm.record(seed).activity();
    mean_rates.push_back(activity.mean_rate);
    deviations.push_back(activity.unit_deviation);
    saturated.push_back(activity.saturated_fraction);
  }
  EXPECT_TRUE(testing::agrees(testing::spread_of(exponents), row.exponent));
  // Means are published without their spread: within a tenth.
  EXPECT_NEAR(testing::spread_of(mean_rates).mean, row.mean_rate, 0.1 * row.mean_rate);
  EXPECT_NEAR(testing::spread_of(deviations).mean, row.unit_deviation, 0.1 * row.unit_deviation);
  EXPECT_NEAR(testing::spread_of(saturated).mean, row.saturated, 0.1 * row.saturated + 0.002);
}

// Published: .0006 +- .0017 over ten brains.
TEST(WormSeizure, IsNotChaotic) {
  std::vector<double> exponents;
  for (const std::uint64_t seed : testing::seeds_from(3000, 5)) {
    exponents.push_back(Worm{.signs = "all_positive", .coupling = 5}.exponent(seed).exponent);
  }
  EXPECT_TRUE(testing::agrees(testing::spread_of(exponents), {.0006, .0017, 10}));
}

}  // namespace
}  // namespace noesis

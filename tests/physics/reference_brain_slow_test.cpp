// The whole table of the reference brain's exponents, six brains a row.

#include <gtest/gtest.h>

#include "tests/physics/reference_brain.hpp"

namespace noesis {
namespace {

using testing::kBrains;
using testing::ReferenceBrain;

// Mutations: as in reference_brain_test.cpp.
TEST(ReferenceBrainTable, Signed) {
  for (const auto& row : testing::kSignedExponents)
    testing::expect_exponents("signed", row, kBrains);
}
TEST(ReferenceBrainTable, ExcitatoryBelowSeizure) {
  for (const auto& row : testing::kExcitatoryExponents) {
    testing::expect_exponents("excitatory", row, kBrains);
  }
}

// Published: M .947 and .985, the exponent not above 0 in five of six and in six of six.
TEST(ReferenceBrainTable, ExcitatorySeizure) {
  for (const auto& [coupling, mean_rate, least] :
       {std::tuple{5.0, 0.947, 5}, std::tuple{8.0, 0.985, 6}}) {
    int not_chaotic = 0;
    double mean = 0;
    for (const std::uint64_t seed : kBrains) {
      const ReferenceBrain brain{.weights = "excitatory", .coupling = coupling};
      const LyapunovEstimate one = brain.exponent(seed);
      not_chaotic += one.exponent <= 0.003 + 3 * one.standard_error;
      mean += brain.record(seed).activity().mean_rate / 6;
    }
    EXPECT_GE(not_chaotic, least) << coupling;
    EXPECT_NEAR(mean, mean_rate, 0.02) << coupling;
  }
}

// Published: .042 +- .034, 6 of 8 chaotic.
TEST(ReferenceBrainTable, TenExcitatoryNodes) {
  std::vector<double> exponents;
  int num_chaotic = 0;
  for (const std::uint64_t seed : testing::seeds_from(3000, 8)) {
    const ReferenceBrain brain{.weights = "excitatory", .num_neurons = 10};
    const LyapunovEstimate one = brain.exponent(seed);
    num_chaotic += classify_dynamics(one, 1) == DynamicsClass::kChaotic;
    exponents.push_back(one.exponent);
  }
  EXPECT_TRUE(testing::agrees(testing::spread_of(exponents), {.042, .034, 8}));
  EXPECT_GE(num_chaotic, 4);
}

}  // namespace
}  // namespace noesis

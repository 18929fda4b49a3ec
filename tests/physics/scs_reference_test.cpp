// Where random rate networks are chaotic, and that small ones mostly are not although g > 1.
// Mutations: weights g / N instead of g / sqrt(N) (all at rest), tanh's slope taken as 1 in the
// tangent (lambda at g = 3 far above), the network's size left out of the scale.

#include <gtest/gtest.h>

#include "tests/physics/scs.hpp"

namespace noesis {
namespace {

using testing::num_chaotic;
using testing::ScsNetwork;

// Measured over three networks elsewhere: .2015 +- .0037; .2367 for an infinite one.
TEST(ScsReference, LargeNetworkAtGainThree) {
  const LyapunovEstimate one = ScsNetwork{}.exponent(3000);
  EXPECT_GT(one.exponent, 0.18);
  EXPECT_LT(one.exponent, 0.24);
  EXPECT_EQ(classify_dynamics(one, 1), DynamicsClass::kChaotic);
}

TEST(ScsReference, LargeNetworkBelowTheTransitionRests) {
  EXPECT_LT((ScsNetwork{.gain = 0.9, .duration = 100}.exponent(3000).exponent), -0.02);
}

// Ten of ten elsewhere, .225 +- .061.
TEST(ScsReference, HundredNeuronsAtGainFiveAreMostlyChaotic) {
  const auto exponents = ScsNetwork{.num_neurons = 100, .gain = 5}.exponents(3000, 8);
  EXPECT_GE(num_chaotic(exponents), 7);
  EXPECT_TRUE(testing::agrees(testing::spread_of(exponents), {.225, .061, 10}));
}

// One of ten elsewhere for both sizes: g > 1 means chaos only as N grows without bound.
TEST(ScsReference, SmallNetworksJustAboveTheTransitionAreMostlyNotChaotic) {
  for (const std::int64_t num_neurons : {50, 100}) {
    const ScsNetwork network{.num_neurons = num_neurons, .gain = 1.5};
    EXPECT_LE(num_chaotic(network.exponents(3000, 10)), 4) << num_neurons;
  }
}

}  // namespace
}  // namespace noesis

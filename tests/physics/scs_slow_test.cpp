// The exponent of random rate networks approaches that of the infinite one from below. Limits from
// dynamic mean-field theory: lambda = -1 + sqrt(1 - E0), E0 the ground state of -d^2/ds^2 + 1 - g^2
// <phi' phi'>(s) (Sompolinsky, Crisanti & Sommers 1988): .1128, .2367, .4366 at g = 2, 3, 5.

#include <gtest/gtest.h>

#include <ostream>

#include "tests/physics/scs.hpp"

namespace noesis {
namespace {

using testing::ScsNetwork;
using testing::Spread;
using testing::spread_of;

struct Limit {
  double gain, infinite;
  Spread at_500;  // over three networks elsewhere
};
void PrintTo(const Limit& limit, std::ostream* out) { *out << "g = " << limit.gain; }

class ScsTable : public ::testing::TestWithParam<Limit> {};
INSTANTIATE_TEST_SUITE_P(Gains, ScsTable,
                         ::testing::Values(Limit{2, .1128, {.087, .016, 3}},
                                           Limit{3, .2367, {.2015, .0037, 3}},
                                           Limit{5, .4366, {.387, .017, 3}}));

// Mutations: weights scaled by another power of N.
TEST_P(ScsTable, ExponentsGrowTowardsTheInfiniteNetwork) {
  const Limit limit = GetParam();
  const auto mean_of = [&](std::int64_t num_neurons, int count) {
    return spread_of(
        ScsNetwork{.num_neurons = num_neurons, .gain = limit.gain}.exponents(3000, count));
  };
  const Spread small = mean_of(50, 12), medium = mean_of(150, 8), large = mean_of(500, 4);
  EXPECT_LT(small.mean, medium.mean);
  EXPECT_LT(medium.mean, large.mean);
  EXPECT_LT(large.mean, limit.infinite);
  EXPECT_LT(limit.infinite - large.mean, 0.3 * limit.infinite);
  EXPECT_TRUE(testing::agrees(large, limit.at_500));
}

}  // namespace
}  // namespace noesis

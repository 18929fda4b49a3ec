/// Controls come out as they must, each for its reasons, on the subjects that are quick to run.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/verdict/controls.hpp"

namespace noesis {
namespace {

using test::ControlResult;

// Goes red, among others, when D_del looks at one time only (the reversed pass), when touches have
// no gain (the dead answer in shape), or when twins do not share their noise.
TEST(Controls, ReferenceBrain) {
  const auto results = test::judge_controls("reference-50", 1);
  ASSERT_EQ(results.size(), 15u);
  EXPECT_TRUE(std::ranges::all_of(results, &ControlResult::applies));
  test::expect_controls_hold(results);
}

// The stranger is the one that does not apply. Goes red when touches that Lorenz-63 does not answer
// are compared (the subject itself fails).
TEST(Controls, Lorenz63) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto results = test::judge_controls("lorenz63", seed);
    ASSERT_EQ(results.size(), 15u);
    for (const ControlResult& result : results) {
      EXPECT_EQ(result.applies, result.name != "stranger") << result.name;
    }
    test::expect_controls_hold(results);
  }
}

}  // namespace
}  // namespace noesis

/// Controls on brains that take long.

#include <gtest/gtest.h>

#include "tests/verdict/controls.hpp"

namespace noesis {
namespace {

TEST(Controls, Worm) { test::expect_controls_hold(test::judge_controls("celegans", 1)); }

TEST(Controls, SmallReferenceBrain) {
  test::expect_controls_hold(test::judge_controls("reference-10", 2));
}

}  // namespace
}  // namespace noesis

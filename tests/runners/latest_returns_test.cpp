// The line of a training's progress goes red when it shows an agent without an episode, or one
// agent for all.

#include "runners/latest_returns.hpp"

#include <gtest/gtest.h>

namespace noesis {
namespace {

TEST(LatestReturns, AreOneNumberOrTheirRange) {
  LatestReturns returns(3);
  EXPECT_EQ(returns.text(), "");
  returns.set(1, -1.4);
  EXPECT_EQ(returns.text(), "return -1.4");
  returns.set(2, 135.7);
  EXPECT_EQ(returns.text(), "return -1.4 to 136");
  returns.set(1, 12.34);
  EXPECT_EQ(returns.text(), "return 12.3 to 136");
}

}  // namespace
}  // namespace noesis

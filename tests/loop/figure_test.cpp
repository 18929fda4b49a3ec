#include "runners/jobs/figure.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

// Of 400 samples of ten normals, the interval holds the true mean in about 90% (a percentile
// bootstrap of ten is narrow). Breaks when one of the ends is that of a single resample.
TEST(Figure, TheIntervalCoversTheMean) {
  RandomSequence random(7, Stream::kTask);
  int covered = 0;
  for (int trial = 0; trial < 400; ++trial) {
    std::vector<double> values(10);
    for (double& value : values) value = 3 + random.normal();
    const Figure figure = mean_interval(values);
    EXPECT_LE(figure.low, figure.mean);
    EXPECT_GE(figure.high, figure.mean);
    covered += figure.low <= 3 && 3 <= figure.high;
  }
  EXPECT_GT(covered, 340);
  EXPECT_LT(covered, 390);
}

TEST(Figure, OneValueHasNoSpreadAndNoneIsAnError) {
  const Figure figure = mean_interval(std::vector<double>{2.5});
  EXPECT_EQ(figure.low, 2.5);
  EXPECT_EQ(figure.high, 2.5);
  EXPECT_TRUE(std::isnan(mean_interval(std::vector<double>{1, NAN}).mean));
  EXPECT_THROW(mean_interval({}), InternalError);
}

}  // namespace
}  // namespace noesis

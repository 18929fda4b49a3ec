// The rules of the fast cache's controller.
#include "agent/meta_controller.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "core/rng.hpp"

namespace noesis {
namespace {

/// Squared errors of a prediction in 8 dimensions, of standard deviation `sd`.
float error_of(double sd, RandomSequence& random) {
  double sum = 0;
  for (int k = 0; k < 8; ++k) sum += std::pow(sd * random.normal(), 2);
  return static_cast<float>(sum / 8);
}

struct Stream8 {
  MetaController controller{MetaConfig()};
  std::array<float, kMetaSize> row{};
  MetaRecord step(float error, float norm = 0.1F) { return controller.decide(error, norm, 0, row); }
};

bool is_change(const MetaRecord& record) {
  return record.decision == Decision::kReset && record.reason == "change point";
}

// Red when the slack is 0, the threshold is small, or surprise is not cut.
TEST(MetaController, RaisesFewFalseAlarms) {
  int alarms = 0;
  constexpr int kSteps = 20000;
  Stream8 stream;
  RandomSequence random(0, Stream::kTask);
  for (int t = 0; t < kSteps; ++t) alarms += is_change(stream.step(error_of(1, random))) ? 1 : 0;
  EXPECT_LE(alarms, kSteps / 2000);
}

// Errors twice as large after step 500. Red when surprise is not summed, or the mean follows at
// once.
TEST(MetaController, NoticesAChangeSoon) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Stream8 stream;
    RandomSequence random(seed, Stream::kTask);
    for (int t = 0; t < 500; ++t) stream.step(error_of(1, random));
    int delay = 0;
    while (delay < 200 && !is_change(stream.step(error_of(2, random)))) ++delay;
    EXPECT_LE(delay, 20) << "seed " << seed;
  }
}

TEST(MetaController, ResetsABrokenCache) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Stream8 stream;
  EXPECT_EQ(stream.step(1).decision, Decision::kLearn);
  EXPECT_EQ(stream.step(1, nan).decision, Decision::kReset);
  EXPECT_EQ(stream.step(1, 1.5F).decision, Decision::kReset);
  EXPECT_EQ(stream.step(nan).decision, Decision::kReset);
  EXPECT_EQ(stream.step(1).decision, Decision::kLearn);
}

/// Decisions on a stream of given errors after a settled one of error 1 +- .1, with a full cache or
/// not.
std::vector<Decision> decisions(const std::vector<float>& errors, float norm) {
  Stream8 stream;
  RandomSequence random(0, Stream::kTask);
  for (int t = 0; t < 300; ++t) stream.step(1 + 0.1F * static_cast<float>(random.normal()), 0.1F);
  std::vector<Decision> taken;
  for (const float error : errors) taken.push_back(stream.step(error, norm).decision);
  return taken;
}

// Red when either threshold is the other one (no hysteresis): the middle would switch at once.
TEST(MetaController, HoldsAndLearnsWithHysteresis) {
  std::vector<float> errors(30, 0.8F);  // better than usual: nothing to learn
  errors.insert(errors.end(), 3, 1.0F);
  const auto taken = decisions(errors, 0.1F);
  EXPECT_EQ(taken[29], Decision::kHold);
  EXPECT_EQ(taken[31], Decision::kHold);  // as usual again: not yet surprising
  std::vector<float> worse(30, 0.8F);
  worse.insert(worse.end(), 12, 1.15F);
  EXPECT_EQ(decisions(worse, 0.1F).back(), Decision::kLearn);
}

TEST(MetaController, DecaysWhenFullAndUncertain) {
  MetaConfig config;
  config.page_hinkley_threshold = 1e9;  // not a change point here
  MetaController controller(config);
  std::array<float, kMetaSize> row{};
  for (int t = 0; t < 300; ++t) controller.decide(t % 2 == 0 ? 1.0F : 1.1F, 0.1F, 0, row);
  Decision last = Decision::kHold;
  for (int t = 0; t < 60; ++t) last = controller.decide(400, 0.9F, 0, row).decision;
  EXPECT_EQ(last, Decision::kDecay);
  EXPECT_EQ(controller.decide(400, 0.7F, 0, row).decision, Decision::kDecay);  // still full
  for (int t = 0; t < 6; ++t) last = controller.decide(1, 0.5F, 0, row).decision;
  EXPECT_NE(last, Decision::kDecay);
}

}  // namespace
}  // namespace noesis

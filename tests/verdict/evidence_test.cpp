/// What is seen of candidates that behave, and of some that do not.

#include "physics/verdict/evidence.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <memory>

#include "core/error.hpp"
#include "core/threads.hpp"
#include "physics/verdict/recording_process.hpp"
#include "physics/verdict/verdict.hpp"
#include "tests/verdict/processes.hpp"

namespace noesis {
namespace {

using test::MapProcess;

class EvidenceOfLorenz : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const Subject subject = make_subject("lorenz63", 1);
    const auto process = make_process(subject, arena());
    reference_ = std::make_unique<VerdictReference>(
        measure_reference(subject, *process, {.seed = 1, .num_samples = 2000}));
  }
  static void TearDownTestSuite() { reference_.reset(); }

  static const ThreadArena& arena() {
    static const ThreadArena kArena(1);
    return kArena;
  }
  static std::unique_ptr<Process> lorenz() {
    return make_process(make_subject("lorenz63", 1), arena());
  }
  static std::unique_ptr<VerdictReference> reference_;
};
std::unique_ptr<VerdictReference> EvidenceOfLorenz::reference_;

TEST_F(EvidenceOfLorenz, ReferenceIsWhole) {
  const VerdictReference& r = *reference_;
  EXPECT_EQ(r.null_d_h.size(), 66u);
  EXPECT_EQ(r.null_d_del.size(), 132u);
  EXPECT_EQ(r.recording.size(), 2000u * 3);
  EXPECT_EQ(r.num_axes, 3);
  EXPECT_GT(r.q95_d_h.value, 0);
  EXPECT_LE(r.q95_d_h.low, r.q95_d_h.high);
  for (const double tolerance : r.band_tolerance) EXPECT_GE(tolerance, 0.15);
  // lambda = .9056 a time unit, of which tau is a quarter.
  ASSERT_TRUE(r.exponent);
  EXPECT_NEAR(r.exponent->value, 0.9056 / 4, 4 * r.exponent->standard_error + 0.005);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_LT(r.low[i], r.high[i]);
    EXPECT_NEAR(r.bin_low[i], r.low[i] - 0.1 * r.deviation[i], 1e-12);
  }
  // A touch of y is answered on average, one of z is not: the symmetry (x, y) -> (-x, -y).
  ASSERT_EQ(r.touch.touches.size(), 1u);
  EXPECT_EQ(r.touch.touches[0].site, 1);
}

// Goes red when the evidence depends on what ran before, or the candidate keeps a memory.
TEST_F(EvidenceOfLorenz, EqualSeedsEqualBits) {
  const auto process = lorenz();
  const Evidence a = collect_evidence(*process, *reference_, {.seed = 5});
  const Evidence b = collect_evidence(*process, *reference_, {.seed = 5});
  EXPECT_EQ(a.series, b.series);
  EXPECT_EQ(a.d_h, b.d_h);
  EXPECT_EQ(a.d_del, b.d_del);
  EXPECT_EQ(a.touch.correlation, b.touch.correlation);
  EXPECT_EQ(a.exponent->value, b.exponent->value);
  const Evidence c = collect_evidence(*process, *reference_, {.seed = 6, .keep_series = false});
  EXPECT_NE(a.d_h, c.d_h);
  EXPECT_TRUE(c.series.empty());
}

// NaN at sample 7. Goes red when it is taken as a number, or thrown.
TEST_F(EvidenceOfLorenz, NaNIsEvidence) {
  MapProcess broken(3, reference_->interval, [](auto x, auto, auto, std::uint64_t step) {
    for (double& v : x) v = step < 7 ? 10 : std::numeric_limits<double>::quiet_NaN();
  });
  const Evidence evidence = collect_evidence(broken, *reference_);
  EXPECT_EQ(evidence.num_samples, 7);
  EXPECT_NE(evidence.failure.find("sample 7"), std::string::npos) << evidence.failure;
  EXPECT_FALSE(evidence.d_h);
  EXPECT_EQ(judge(*reference_, evidence).kind, VerdictKind::kSeizing);
}

TEST_F(EvidenceOfLorenz, LeavingTheBoundsIsEvidence) {
  MapProcess runaway(3, reference_->interval, [](auto x, auto, auto, std::uint64_t step) {
    for (double& v : x) v = 10.0 * static_cast<double>(step);
  });
  const Evidence evidence = collect_evidence(runaway, *reference_);
  EXPECT_FALSE(evidence.failure.empty());
  EXPECT_LT(evidence.num_samples, 100);
  EXPECT_EQ(judge(*reference_, evidence).kind, VerdictKind::kSeizing);
}

TEST_F(EvidenceOfLorenz, ARunErrorIsEvidence) {
  MapProcess throwing(3, reference_->interval, [](auto x, auto, auto, std::uint64_t step) {
    for (double& v : x) v = 10;
    if (step == 20)
      throw RunError(
          {.what = "state is not finite", .where = {}, .got = {}, .allowed = {}, .next = {}});
  });
  const Evidence evidence = collect_evidence(throwing, *reference_);
  EXPECT_EQ(evidence.num_samples, 20);
  EXPECT_NE(evidence.failure.find("not finite"), std::string::npos);
  EXPECT_EQ(judge(*reference_, evidence).kind, VerdictKind::kSeizing);
}

// Blows up when touched only: the run is compared, the touch is undefined. Goes red when the
// exception escapes.
TEST_F(EvidenceOfLorenz, ABlowUpUnderTouchIsUndefined) {
  const std::vector<double> tape = reference_->recording;
  MapProcess touchy(3, reference_->interval,
                    [&](auto x, auto inputs, std::uint64_t, std::uint64_t step) {
                      for (std::size_t i = 0; i < 3; ++i) {
                        if (inputs[i] != 0) throw RunError({"blew up", {}, {}, {}, {}});
                        x[i] = tape[(step * 3 + i) % tape.size()];
                      }
                    });
  const Evidence evidence = collect_evidence(touchy, *reference_);
  EXPECT_TRUE(evidence.failure.empty());
  EXPECT_TRUE(evidence.d_h);
  EXPECT_FALSE(evidence.touch.correlation);
  const Verdict verdict = judge(*reference_, evidence);
  EXPECT_EQ(verdict.kind, VerdictKind::kZombie);
  EXPECT_EQ(verdict.criterion("touch_correlation").outcome, Outcome::kFails);
}

TEST_F(EvidenceOfLorenz, AnotherShapeIsRefused) {
  const auto wide = make_recording_process({1, 2, 3, 4}, 4, 3, reference_->interval);
  EXPECT_THROW(collect_evidence(*wide, *reference_), ConfigError);
  const auto slow = make_recording_process({1, 2, 3}, 3, 3, 2 * reference_->interval);
  EXPECT_THROW(collect_evidence(*slow, *reference_), ConfigError);
}

TEST_F(EvidenceOfLorenz, TooSmallANullIsRefused) {
  const Subject subject = make_subject("lorenz63", 1);
  const auto process = lorenz();
  EXPECT_THROW(measure_reference(subject, *process, {.num_runs = 11}), ConfigError);
  EXPECT_THROW(measure_reference(subject, *process, {.num_samples = 1999}), ConfigError);
  EXPECT_THROW(measure_reference(subject, *process, {.num_states = 19}), ConfigError);
  EXPECT_THROW(measure_reference(subject, *process, {.num_forks = 9}), ConfigError);
}

// Levels of a unit in [2, 4], 500 samples of .2 tau a window. Goes red when levels are not relative
// to the unit's range, or a window has another length.
TEST(ActivityWindows, InLevels) {
  std::vector<double> series(1100, 2);
  for (std::size_t t = 0; t < 500; ++t) series[t] = t % 2 == 0 ? 2 : 4;
  const std::vector<double> low = {2}, high = {4};
  const auto windows = activity_windows(series, 1, 0.2, low, high);
  ASSERT_EQ(windows.size(), 2u);
  EXPECT_DOUBLE_EQ(windows[0].mean_level, 0.5);
  EXPECT_DOUBLE_EQ(windows[0].unit_deviation, 0.5);
  EXPECT_DOUBLE_EQ(windows[0].saturated_fraction, 0.5);
  EXPECT_DOUBLE_EQ(windows[0].active_fraction, 1);
  EXPECT_DOUBLE_EQ(windows[0].synchrony, 1);
  EXPECT_DOUBLE_EQ(windows[1].mean_level, 0);
  EXPECT_DOUBLE_EQ(windows[1].active_fraction, 0);
}

}  // namespace
}  // namespace noesis

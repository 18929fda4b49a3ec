/// judge() on made-up evidence: each criterion alone changes the verdict, in the stated order.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <string>

#include "core/error.hpp"
#include "physics/verdict/hysteresis.hpp"
#include "physics/verdict/verdict.hpp"

namespace noesis {
namespace {

VerdictReference healthy_reference() {
  VerdictReference reference;
  reference.num_units = 50;
  reference.num_samples = 5000;
  reference.unit_deviation = 0.1;
  reference.population_deviation = 0.02;
  reference.band_exponent = {-1.5, 4.5, 7};
  reference.band_tolerance = {0.2, 0.15, 0.15};
  reference.family = SpectralFamily::kKnee;
  reference.q95_d_h.value = 0.1;
  reference.q95_d_del.value = 0.03;
  reference.q95_d_stsp.value = 1;
  reference.touch.touches = {{0, 2, {1}}};
  reference.exponent = ForkExponent{0.12, 0.01};
  return reference;
}

Evidence healthy_evidence() {
  Evidence evidence;
  evidence.num_samples = 5000;
  evidence.windows.assign(10, {0.15, 0, 0.1, 1, 0.2, 0.02});
  evidence.exponents = {-1.5, 4.5, 7};
  evidence.family = SpectralFamily::kKnee;
  evidence.d_h = 0.1;
  evidence.d_del = 0.03;
  evidence.d_stsp = 1;
  evidence.wasserstein = 0.02;
  evidence.touch = {0.9, 1};
  evidence.exponent = ForkExponent{0.12, 0.01};
  return evidence;
}

VerdictKind kind_of(const Evidence& evidence) { return judge(healthy_reference(), evidence).kind; }

TEST(Judge, HealthyIsAlive) {
  const Verdict verdict = judge(healthy_reference(), healthy_evidence());
  EXPECT_EQ(verdict.kind, VerdictKind::kAlive);
  ASSERT_EQ(verdict.criteria.size(), criterion_names().size());
  for (std::size_t k = 0; k < verdict.criteria.size(); ++k) {
    EXPECT_EQ(verdict.criteria[k].name, criterion_names()[k]);
    EXPECT_EQ(verdict.criteria[k].outcome, Outcome::kPasses) << verdict.criteria[k].name;
  }
  EXPECT_EQ(verdict.criterion("bands").value, 3);
  EXPECT_THROW(verdict.criterion("charm"), InternalError);
}

struct Flaw {
  const char* criterion;
  std::function<void(Evidence&)> make;
  VerdictKind kind;
};

// Goes red when any one of these criteria is not looked at, or its threshold moves past the value,
// which is just on the wrong side.
TEST(Judge, EachCriterionAloneDecides) {
  constexpr auto kZombie = VerdictKind::kZombie;
  const Flaw flaws[] = {
      {"finite", [](Evidence& e) { e.failure = "NaN"; }, VerdictKind::kSeizing},
      {"seizing",
       [](Evidence& e) {
         for (auto& w : e.windows) w.mean_level = 0.61;
       },
       VerdictKind::kSeizing},
      {"seizing",
       [](Evidence& e) {
         for (auto& w : e.windows) w.saturated_fraction = 0.51;
       },
       VerdictKind::kSeizing},
      {"catatonic",
       [](Evidence& e) {
         for (auto& w : e.windows) w.unit_deviation = 0.0099;
       },
       VerdictKind::kCatatonic},
      {"catatonic",
       [](Evidence& e) {
         for (auto& w : e.windows) w.active_fraction = 0.04;
       },
       VerdictKind::kCatatonic},
      {"bands",
       [](Evidence& e) {
         e.exponents = {-1.71, 4.66, 7};
       },
       kZombie},
      {"bands",
       [](Evidence& e) {
         e.exponents = {-1.5, {}, {}};
       },
       kZombie},
      {"family", [](Evidence& e) { e.family = SpectralFamily::kPower; }, kZombie},
      {"family", [](Evidence& e) { e.family.reset(); }, kZombie},
      {"d_h", [](Evidence& e) { e.d_h = 0.201; }, kZombie},
      {"d_del", [](Evidence& e) { e.d_del = 0.0601; }, kZombie},
      {"touch_correlation", [](Evidence& e) { e.touch.correlation = 0.49; }, kZombie},
      {"touch_correlation", [](Evidence& e) { e.touch.correlation.reset(); }, kZombie},
      {"touch_gain", [](Evidence& e) { e.touch.gain = 0.49; }, kZombie},
      {"touch_gain", [](Evidence& e) { e.touch.gain = 2.01; }, kZombie},
      {"exponent_positive", [](Evidence& e) { e.exponent->standard_error = 0.041; }, kZombie},
      {"exponent_close", [](Evidence& e) { e.exponent->value = 0.083; }, kZombie},
      {"exponent_close", [](Evidence& e) { e.exponent->value = 0.157; }, kZombie},
  };
  for (const Flaw& flaw : flaws) {
    Evidence evidence = healthy_evidence();
    flaw.make(evidence);
    const Verdict verdict = judge(healthy_reference(), evidence);
    EXPECT_EQ(verdict.kind, flaw.kind) << flaw.criterion;
    for (const Criterion& criterion : verdict.criteria) {
      const bool fails = criterion.outcome == Outcome::kFails;
      EXPECT_EQ(fails, criterion.name == flaw.criterion)
          << flaw.criterion << ": " << criterion.name;
    }
  }
}

TEST(Judge, ValuesOnTheThresholdPass) {
  Evidence evidence = healthy_evidence();
  evidence.d_h = 0.2;
  evidence.d_del = 0.06;
  evidence.touch = {0.5, 2};
  evidence.exponents = {-1.5, 4.5, 20};  // two bands of three
  EXPECT_EQ(kind_of(evidence), VerdictKind::kAlive);
}

TEST(Judge, NoForkIsAZombie) {
  Evidence evidence = healthy_evidence();
  evidence.exponent.reset();
  EXPECT_EQ(kind_of(evidence), VerdictKind::kZombie);
}

// A seized brain is also still, and fails everything after. Goes red when the order changes.
TEST(Judge, SeizingComesBeforeCatatonicComesBeforeZombie) {
  Evidence evidence = healthy_evidence();
  evidence.d_h = 1;
  EXPECT_EQ(kind_of(evidence), VerdictKind::kZombie);
  for (auto& window : evidence.windows) window.unit_deviation = 0;
  EXPECT_EQ(kind_of(evidence), VerdictKind::kCatatonic);
  for (auto& window : evidence.windows) window.mean_level = 0.98;
  EXPECT_EQ(kind_of(evidence), VerdictKind::kSeizing);
}

// Goes red when nothing is compared after a blow-up, but the rest fails instead of not applying.
TEST(Judge, NothingElseAppliesToARunThatBlewUp) {
  Evidence evidence;
  evidence.failure = "unit 3 was nan at sample 17";
  const Verdict verdict = judge(healthy_reference(), evidence);
  EXPECT_EQ(verdict.kind, VerdictKind::kSeizing);
  EXPECT_EQ(verdict.criterion("finite").text, evidence.failure);
  for (const Criterion& criterion : verdict.criteria) {
    if (criterion.name == "finite") continue;
    EXPECT_EQ(criterion.outcome, Outcome::kNotApplicable) << criterion.name;
  }
}

// Goes red when D_stsp decides in spaces that its histogram cannot fill, or nowhere.
TEST(Judge, StateSpaceDecidesUpToFiveUnits) {
  VerdictReference reference = healthy_reference();
  Evidence evidence = healthy_evidence();
  evidence.d_stsp = 2.1;
  EXPECT_EQ(judge(reference, evidence).kind, VerdictKind::kAlive);
  EXPECT_EQ(judge(reference, evidence).criterion("d_stsp").outcome, Outcome::kFails);
  reference.num_units = 5;
  EXPECT_EQ(judge(reference, evidence).kind, VerdictKind::kZombie);
  evidence.d_stsp.reset();
  EXPECT_EQ(judge(reference, evidence).kind, VerdictKind::kZombie);
}

TEST(Judge, HypersynchronyIsReportedOnly) {
  Evidence evidence = healthy_evidence();
  for (auto& window : evidence.windows) {
    window.synchrony = 0.8;
    window.population_deviation = 0.07;
  }
  const Verdict verdict = judge(healthy_reference(), evidence);
  EXPECT_EQ(verdict.criterion("hypersynchrony").value, 1);
  EXPECT_EQ(verdict.criterion("hypersynchrony").outcome, Outcome::kFails);
  EXPECT_EQ(verdict.kind, VerdictKind::kAlive);
}

// What cannot be asked of the subject never makes a Zombie of a candidate.
TEST(Judge, QuestionsWithoutAnswerInTheSubjectDoNotApply) {
  VerdictReference reference = healthy_reference();
  reference.exponent = ForkExponent{0.001, 0.01};
  reference.touch.touches.clear();
  reference.band_exponent[1] = std::numeric_limits<double>::quiet_NaN();
  Evidence evidence = healthy_evidence();
  evidence.exponent.reset();
  evidence.touch = {};
  evidence.exponents = {};
  const Verdict verdict = judge(reference, evidence);
  EXPECT_EQ(verdict.kind, VerdictKind::kAlive);
  for (const char* name :
       {"bands", "touch_correlation", "touch_gain", "exponent_positive", "exponent_close"}) {
    EXPECT_EQ(verdict.criterion(name).outcome, Outcome::kNotApplicable) << name;
  }
}

TEST(Hysteresis, StartsOutsideAndRemembers) {
  Hysteresis condition;
  EXPECT_FALSE(condition.on());
  EXPECT_FALSE(condition.update(false, false));
  EXPECT_TRUE(condition.update(true, false));
  EXPECT_TRUE(condition.update(false, false));  // neither: stays
  EXPECT_FALSE(condition.update(false, true));
  EXPECT_FALSE(condition.update(false, false));
}

// V between the two levels: still after stillness, awake before. Goes red without memory, or when a
// run starts asleep.
TEST(Hysteresis, LevelsInBetweenKeepTheState) {
  Evidence evidence = healthy_evidence();
  for (auto& window : evidence.windows) window.unit_deviation = 0.02;
  EXPECT_EQ(kind_of(evidence), VerdictKind::kAlive);
  evidence.windows[0].unit_deviation = 0.005;
  EXPECT_EQ(kind_of(evidence), VerdictKind::kCatatonic);
  evidence.windows[5].unit_deviation = 0.031;  // five windows of ten
  EXPECT_EQ(kind_of(evidence), VerdictKind::kAlive);
  EXPECT_EQ(judge(healthy_reference(), evidence).criterion("catatonic").value, 0.5);
}

TEST(Hysteresis, ASeizureEndsLow) {
  Evidence evidence = healthy_evidence();
  for (auto& window : evidence.windows) window.mean_level = 0.5;
  EXPECT_EQ(kind_of(evidence), VerdictKind::kAlive);
  evidence.windows[0].mean_level = 0.61;
  EXPECT_EQ(kind_of(evidence), VerdictKind::kSeizing);
  evidence.windows[1].mean_level = 0.39;
  EXPECT_EQ(kind_of(evidence), VerdictKind::kAlive);
  evidence.windows[1].saturated_fraction = 0.2;  // high values keep it on
  EXPECT_EQ(kind_of(evidence), VerdictKind::kSeizing);
}

}  // namespace
}  // namespace noesis

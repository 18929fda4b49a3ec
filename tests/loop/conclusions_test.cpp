#include "runners/loop/conclusions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Json control(const char* name, const char* expected, const char* verdict) {
  return {{"subject", "lorenz63"},
          {"name", name},
          {"expected", expected},
          {"verdict", verdict},
          {"holds", std::string(expected) == verdict},
          {"bands_ok", 1},
          {"criteria", Json::array({{{"name", "touch"}, {"outcome", "fails"}}})}};
}

Json emulation(const char* hypothesis, int alive, int seeds, double vpt = 1) {
  return {{"hypothesis", hypothesis},
          {"subject", "lorenz63"},
          {"bottleneck", 3},
          {"state_size", 3},
          {"seeds", seeds},
          {"alive", alive},
          {"catatonic", 0},
          {"seizing", 0},
          {"zombie", seeds - alive},
          {"vpt_lyapunov", {vpt, 0, 2}},
          {"failing", {{"D_H", seeds - alive}}}};
}

Json paired(double difference, double p_value) {
  return {{"subject", "reference-20"},
          {"estimator", "model_form"},
          {"budget", 600},
          {"noise", 0},
          {"policy", "active"},
          {"against", "passive"},
          {"metric", "auprc"},
          {"difference", {difference, difference, difference}},
          {"p_value", p_value},
          {"seeds", 10}};
}

// Breaks when a failing control is counted as holding.
TEST(Conclusions, AFailingControlIsNamedFirst) {
  Json result = {{"controls", Json::array({control("white noise", "Zombie", "Zombie"),
                                           control("replay", "Zombie", "Alive")})}};
  EXPECT_FALSE(controls_hold(result));
  EXPECT_THAT(draw_conclusions(result).front(),
              AllOf(HasSubstr("1 of 2"), HasSubstr("replay on lorenz63 is Alive, not Zombie")));
  result["controls"][1] = control("replay", "Zombie", "Zombie");
  result["controls"][1]["holds"] = false;
  result["controls"][1]["must_fail"] = {"touch", "exponent_close"};
  result["controls"][1]["criteria"].push_back({{"name", "exponent_close"}, {"outcome", "passes"}});
  EXPECT_THAT(draw_conclusions(result).front(),
              HasSubstr("replay on lorenz63 is Zombie as it must, but passes exponent_close."));
  result["controls"].erase(1);
  EXPECT_TRUE(controls_hold(result));
  EXPECT_THAT(draw_conclusions(result).front(), HasSubstr("All 1 controls"));
}

TEST(Conclusions, NotApplicableIsNoFailure) {
  const Json result = {{"controls", Json::array({{{"subject", "lorenz63"},
                                                  {"name", "stranger"},
                                                  {"not_applicable", "no wiring"}}})}};
  EXPECT_TRUE(controls_hold(result));
  EXPECT_THAT(verdict_tables(result), HasSubstr("no wiring"));
}

// Breaks when half of the seeds count as most.
TEST(Conclusions, AliveMeansMostSeeds) {
  EXPECT_THAT(
      draw_conclusions({{"phase2", Json::array({emulation("slow-core", 1, 2)})}}),
      Contains(HasSubstr("No emulator of lorenz63 is Alive in most seeds; they fail by D_H")));
  EXPECT_THAT(draw_conclusions({{"phase2", Json::array({emulation("slow-core", 2, 3)})}}),
              Contains(HasSubstr("Alive on lorenz63 in most seeds: slow-core (2 of 3)")));
}

// Breaks when a part that changed a verdict is called useless, or one that did not is not.
TEST(Conclusions, APartThatChangesNothingIsNamed) {
  const Json result = {
      {"phase2", Json::array({emulation("slow-core", 1, 3), emulation("slow-core+gru", 3, 3),
                              emulation("slow-core+arousal", 1, 3)})}};
  const auto sentences = draw_conclusions(result);
  EXPECT_THAT(sentences, Contains(HasSubstr("arousal changed no verdict")));
  EXPECT_THAT(sentences, Not(Contains(HasSubstr("gru changed no verdict"))));
  EXPECT_THAT(sentences, Not(Contains(HasSubstr("fast-cache"))));
}

// Breaks when rows of different codes are mixed up.
TEST(Conclusions, WhereTheCodeIsTooSmallIsSaid) {
  Json small = emulation("slow-core", 0, 2), whole = emulation("slow-core", 2, 2);
  small["units"] = whole["units"] = 3;
  small["bottleneck"] = 1;
  EXPECT_THAT(
      draw_conclusions({{"phase2", Json::array({whole, small})}}),
      Contains(HasSubstr("slow-core: Alive by codes of 1 numbers 0 of 2, 3 numbers 2 of 2")));
  small["alive"] = 2;
  EXPECT_THAT(draw_conclusions({{"phase2", Json::array({small})}}),
              Contains(HasSubstr("slow-core by a code of 1 (2 of 2)")));
}

// Breaks when help is claimed from the sign of a mean alone.
TEST(Conclusions, HelpIsClaimedOnlyWhenSignificant) {
  const auto sentence = [](double difference, double p) {
    return draw_conclusions({{"phase1_paired", Json::array({paired(difference, p)})}}).front();
  };
  EXPECT_THAT(sentence(.2, .002), HasSubstr("active against passive helps model_form (auprc +0.2"));
  EXPECT_THAT(sentence(.2, .2), HasSubstr("of 1 paired comparisons none shows a difference"));
  EXPECT_THAT(sentence(-.2, .002),
              HasSubstr("active against passive hurts model_form (auprc -0.2"));
}

// Breaks when a test that could not have shown anything is told as one that found nothing.
TEST(Conclusions, SoFewSeedsCannotShowADifference) {
  Json few = paired(.2, .25);
  few["seeds"] = 7;
  EXPECT_THAT(draw_conclusions({{"phase1_paired", Json::array({few})}}),
              Contains(HasSubstr("7 seeds: of 1 paired comparisons none can show a difference")));
  few["seeds"] = 8;
  EXPECT_THAT(draw_conclusions({{"phase1_paired", Json::array({few})}}),
              Contains(HasSubstr("none shows a difference")));
}

// Breaks when comparisons of different data are mixed up.
TEST(Conclusions, ComparisonsOfOtherDataAreToldApart) {
  Json few = paired(.2, .002);
  few["budget"] = 40;
  const auto sentences =
      draw_conclusions({{"phase1_paired", Json::array({paired(.1, .5), few, paired(.3, .005)})}});
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_THAT(sentences[0], AllOf(HasSubstr("by 600 samples"), HasSubstr("of 2 paired"),
                                  HasSubstr("1 show"), HasSubstr("+0.3")));
  EXPECT_THAT(sentences[1], AllOf(HasSubstr("by 40 samples"), HasSubstr("of 1 paired")));
}

}  // namespace
}  // namespace noesis

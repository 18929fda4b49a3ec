// From records to rows, and experiments as wholes.

#include "runners/experiments/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "runners/experiments/cure.hpp"
#include "runners/experiments/flaw.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::Contains;
using ::testing::HasSubstr;

// Wilson's interval; reference values of statsmodels' proportion_confint(method="wilson").
TEST(Proportion, WilsonInterval) {
  EXPECT_NEAR(proportion(3, 10).low, 0.10779127, 1e-7);
  EXPECT_NEAR(proportion(3, 10).high, 0.60322185, 1e-7);
  EXPECT_EQ(proportion(0, 10).low, 0);
  EXPECT_NEAR(proportion(0, 10).high, 0.27753279, 1e-7);
  EXPECT_EQ(proportion(10, 10).high, 1);
}

TEST(SurvivalCurve, CountsWhoIsAliveAfterEachStep) {
  const std::vector<std::optional<double>> died = {20.0, std::nullopt, 30.0, std::nullopt};
  const std::vector<double> steps = {10, 20, 30, 40};
  EXPECT_EQ(survival_curve(died, steps).at("mean"), Json({1.0, 0.75, 0.5, 0.5}));
}

TEST(Aggregate, SkipsWhatIsNotThere) {
  const std::vector<Json> records = {{{"figures", {{"a", 1}, {"b", nullptr}}},
                                      {"curves", {{"step", {1, 2}}, {"x", {1, nullptr}}}}},
                                     {{"figures", {{"a", 3}, {"b", nullptr}}},
                                      {"curves", {{"step", {1, 2}}, {"x", {3, nullptr}}}}}};
  const Json row = aggregate_figures(records);
  EXPECT_EQ(row.at("a").at(0), 2);
  EXPECT_TRUE(row.at("b").is_null());
  const Json curves = aggregate_curves(records);
  EXPECT_EQ(curves.at("x").at("mean").at(0), 2);
  EXPECT_TRUE(curves.at("x").at("mean").at(1).is_null());
}

Json life(double ratio, double slope, double fresh) {
  return {{"seed", 0},
          {"died_at", nullptr},
          {"figures",
           {{"first_loss", 1},
            {"last_loss", ratio},
            {"ratio", ratio},
            {"norm_first", 1},
            {"norm_last", 1},
            {"norm_slope", slope},
            {"rank_first", 1},
            {"rank_last", 1},
            {"dead_last", 0},
            {"capacity_last", 1},
            {"forgetting", 0},
            {"recent_forgetting", 0},
            {"sleeps", 0},
            {"sleep_loss_change", nullptr},
            {"fresh_loss", fresh},
            {"fresh_ratio", fresh}}},
          {"curves", {{"step", {1}}, {"loss", {1}}}}};
}

FlawConfig flaw_of(std::vector<std::string> learners) {
  FlawConfig config;
  config.num_seeds = 2;
  config.learners = std::move(learners);
  return config;
}

// Each criterion alone can acquit. Mutation: any of the three left out.
TEST(Flaw, TakesAllThreeCriteria) {
  const auto has_flaw = [](double ratio, double slope, double fresh) {
    const Json one = life(ratio, slope, fresh);
    return Flaw::gather(flaw_of({"hebbian"}), {one, one}).at("rows").at(0).at("flaw").get<bool>();
  };
  EXPECT_TRUE(has_flaw(10, 0.5, 1));
  EXPECT_FALSE(has_flaw(2.5, 0.5, 1));
  EXPECT_FALSE(has_flaw(10, -0.1, 1));
  EXPECT_FALSE(has_flaw(10, 0.5, 1.5));  // the tape got harder
}

TEST(Flaw, ConclusionsFollowTheNumbers) {
  const Json explodes = life(10, 0.5, 1), calm = life(1, 0, 1);
  const Json mixed = Flaw::gather(flaw_of({"hebbian", "delta"}), {explodes, explodes, calm, calm});
  EXPECT_THAT(mixed.at("conclusions").at(0).get<std::string>(),
              HasSubstr("holds for hebbian and does not for delta"));
  const Json none = Flaw::gather(flaw_of({"delta"}), {calm, calm});
  EXPECT_THAT(none.at("conclusions").at(0).get<std::string>(), HasSubstr("does not hold here"));
  // A control that explodes is a failure of the experiment.
  const Json broken = Flaw::gather(flaw_of({"none"}), {explodes, explodes});
  EXPECT_FALSE(broken.at("controls").at(0).at("holds").get<bool>());
}

// Rows of a comparison differ by what they are named for and by nothing else.
TEST(Cure, ConditionsDifferByTheirSwitchesAlone) {
  CureConfig config;
  config.num_seeds = 1;
  std::vector<Json> records;
  for (std::size_t k = 0; k < config.conditions.size(); ++k) records.push_back(life(1, 0, 1));
  const Json result = Cure::gather(config, records);
  const std::map<std::string, std::set<std::string>> expected = {
      {"no sleep", {"sleep.trigger"}},
      {"load", {}},
      {"schedule", {"sleep.trigger"}},
      {"random pruning", {"sleep.pruned"}},
      {"no replay", {"sleep.replays"}},
      {"decay only", {"sleep.prunes", "sleep.replays"}},
      {"prune only", {"sleep.decays", "sleep.replays"}},
      {"replay only", {"sleep.decays", "sleep.prunes"}},
      {"constant decay", {"learner", "decay", "sleep.trigger"}}};
  for (const Json& row : result.at("rows")) {
    std::set<std::string> keys;
    for (const Json& difference : row.at("differs")) {
      keys.insert(difference.at("key").get<std::string>());
    }
    EXPECT_EQ(keys, expected.at(row.at("condition").get<std::string>())) << row.at("condition");
  }
}

}  // namespace
}  // namespace noesis

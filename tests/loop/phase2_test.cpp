#include "runners/loop/phase2.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

TEST(Hypothesis, NamesSayWhichPartsThereAre) {
  const Hypothesis core = Hypothesis::parse("slow-core");
  EXPECT_TRUE(core.learns);
  EXPECT_FALSE(core.gru || core.fast_cache || core.arousal || core.local_bias || core.graph);
  const Hypothesis two = Hypothesis::parse("slow-core+fast-cache+local-bias");
  EXPECT_TRUE(two.fast_cache && two.local_bias);
  EXPECT_FALSE(two.gru || two.arousal || two.graph);
  const Hypothesis all = Hypothesis::parse("all");
  EXPECT_TRUE(all.gru && all.fast_cache && all.arousal && all.local_bias && all.graph);
  // Breaks when names are cut at every '-'.
  const Hypothesis less = Hypothesis::parse("all-fast-cache-gru");
  EXPECT_TRUE(less.arousal && less.local_bias);
  EXPECT_FALSE(less.fast_cache || less.gru);
  EXPECT_TRUE(less.graph && !Hypothesis::parse("all-graph").graph);
  EXPECT_FALSE(Hypothesis::parse("echo-state").learns);
}

TEST(Hypothesis, UnknownOnesAreNamed) {
  for (const char* name : {"slow", "slow-core+gruu", "slow-core-gru", "all+gru", "all-", "graph"}) {
    EXPECT_THROW(Hypothesis::parse(name), ConfigError) << name;
  }
}

Json record(const char* verdict, double vpt, const char* failing) {
  return {{"hypothesis", "all"},
          {"subject", "lorenz63"},
          {"verdict", verdict},
          {"failing", failing ? Json::array({failing}) : Json::array()},
          {"vpt_lyapunov", {vpt, vpt - 1, vpt + 1}},
          {"d_h", vpt},
          {"state_size", 3}};
}

// Breaks when a training that blew up counts as a verdict, or is left out of the seeds.
TEST(Phase2Row, CountsVerdictsAndFailures) {
  const Json row =
      phase2_row({record("Alive", 5, nullptr),
                  record("Zombie", 3, "d_del"),
                  record("Zombie", 1, "d_del"),
                  {{"hypothesis", "all"}, {"subject", "lorenz63"}, {"error", "loss"}}});
  EXPECT_EQ(row.at("seeds"), 4);
  EXPECT_EQ(row.at("alive"), 1);
  EXPECT_EQ(row.at("zombie"), 2);
  EXPECT_EQ(row.at("failed"), 1);
  EXPECT_EQ(row.at("failing").at("d_del"), 2);
  EXPECT_EQ(row.at("vpt_lyapunov").at(0), 3);
  EXPECT_NEAR(row.at("d_h").at(0).get<double>(), 3, 1e-12);
  EXPECT_TRUE(row.at("touch_r").is_null());
}

}  // namespace
}  // namespace noesis

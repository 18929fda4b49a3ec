// The policy of the load monitor: every rule, its reasons, its rests.

#include "physics/plasticity/load_monitor.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "core/error.hpp"

namespace noesis {
namespace {

using ::testing::HasSubstr;

CognitiveLoad load(double time_ms, double loss, std::int64_t alive = 50) {
  return {.time_ms = time_ms,
          .loss = loss,
          .num_alive = alive,
          .num_places = 100,
          .num_synapses = 1000};
}

TEST(LoadMonitor, LetsALowLossAlone) {
  LoadMonitor monitor({});
  const LoadDecision decision = monitor.decide(load(10, 0.05));
  EXPECT_EQ(decision.command, LoadCommand::kNormal);
  EXPECT_THAT(decision.reason, HasSubstr("at most 0.1"));
}

// Red when a loss that stays does not lead to births, or rests are not kept.
TEST(LoadMonitor, SpawnsWhereTheLossStaysAndRestsThen) {
  LoadMonitor monitor({});
  std::vector<double> spawned;
  for (int ms = 10; ms <= 1000; ms += 10) {
    const LoadDecision decision = monitor.decide(load(ms, 1));
    if (decision.command == LoadCommand::kSpawn) {
      EXPECT_EQ(decision.count, 1);
      spawned.push_back(ms);
    }
  }
  ASSERT_GE(spawned.size(), 4u);
  for (std::size_t k = 1; k < spawned.size(); ++k) EXPECT_GE(spawned[k] - spawned[k - 1], 200);
}

// Red when the trend is not looked at: a loss that falls is being learnt.
TEST(LoadMonitor, WaitsWhileTheLossFalls) {
  LoadMonitor monitor({});
  for (int ms = 10; ms <= 2000; ms += 10) monitor.decide(load(ms, 1));
  const LoadDecision decision = monitor.decide(load(2030, 0.3));
  EXPECT_EQ(decision.command, LoadCommand::kNormal);
  EXPECT_THAT(decision.reason, HasSubstr("falls"));
}

TEST(LoadMonitor, SleepsWhereThereIsNoPlaceOrNoMemory) {
  LoadMonitor full({});
  LoadDecision decision = full.decide(load(100, 1, 97));
  EXPECT_EQ(decision.command, LoadCommand::kSleep);
  EXPECT_THAT(decision.reason, HasSubstr("capacity used is 0.97"));
  decision = full.decide(load(200, 1, 97));
  EXPECT_EQ(decision.command, LoadCommand::kNormal);
  EXPECT_THAT(decision.reason, HasSubstr("less than sleep_rest_ms ago"));
  LoadMonitor small({.memory_mib = 0.01});
  decision = small.decide(load(100, 0));
  EXPECT_EQ(decision.command, LoadCommand::kSleep);
  EXPECT_THAT(decision.reason, HasSubstr("memory used"));
}

TEST(LoadMonitor, RefusesALossThatIsNone) {
  LoadMonitor monitor({});
  EXPECT_THROW(monitor.decide(load(1, -1)), ConfigError);
  EXPECT_THROW(monitor.decide(load(1, std::numeric_limits<double>::quiet_NaN())), ConfigError);
}

}  // namespace
}  // namespace noesis

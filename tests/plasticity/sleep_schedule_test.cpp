#include "physics/plasticity/sleep_schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"

namespace noesis {
namespace {

/// The published constants, with an hour as the unit of time.
const SleepSpec kPublished = {.wake_tau_ms = 18.2, .sleep_tau_ms = 4.2};

/// Time until the schedule changes over.
double time_to_change(SleepSchedule& schedule, double dt, double load = 1) {
  const bool was = schedule.asleep();
  double time = 0;
  while (schedule.asleep() == was && time < 1e4) {
    schedule.advance(dt, load);
    time += dt;
  }
  return time;
}

// The lengths that the two exponentials have between the thresholds. Mutation: one threshold for
// both.
TEST(SleepSchedule, LengthsAreThoseOfTheExponentials) {
  const SleepSpec spec = kPublished;
  SleepSchedule schedule(spec);
  time_to_change(schedule, 0.001);
  EXPECT_TRUE(schedule.asleep());
  const double sleep = spec.sleep_tau_ms * std::log(spec.upper / spec.lower);
  const double wake = spec.wake_tau_ms * std::log((1 - spec.lower) / (1 - spec.upper));
  for (int day = 0; day < 3; ++day) {
    EXPECT_NEAR(time_to_change(schedule, 0.001), sleep, 0.01);
    EXPECT_NEAR(time_to_change(schedule, 0.001), wake, 0.01);
  }
  EXPECT_NEAR(sleep, 5.76, 0.01);  // hours, with the published constants
  EXPECT_NEAR(wake, 16.79, 0.01);
}

TEST(SleepSchedule, LoadSetsTheSpeed) {
  SleepSchedule busy(kPublished);
  SleepSchedule calm(kPublished);
  EXPECT_NEAR(time_to_change(calm, 0.001), 2 * time_to_change(busy, 0.001, 2), 0.01);
  SleepSchedule idle({});
  time_to_change(idle, 1, 0);
  EXPECT_FALSE(idle.asleep());
  EXPECT_EQ(idle.pressure(), 0);
}

// No flicker at a threshold, however fine the steps.
TEST(SleepSchedule, PressureStaysBetweenZeroAndOne) {
  SleepSchedule schedule(kPublished);
  int changes = 0;
  bool was = false;
  for (int k = 0; k < 100000; ++k) {
    const bool asleep = schedule.advance(0.01, k % 7);
    EXPECT_GE(schedule.pressure(), 0);
    EXPECT_LT(schedule.pressure(), 1);
    changes += asleep != was;
    was = asleep;
  }
  EXPECT_GT(changes, 20);
  EXPECT_LT(changes, 250);
}

TEST(SleepSchedule, RefusesParametersOutOfRange) {
  EXPECT_THROW(SleepSchedule({.wake_tau_ms = 0}), ConfigError);
  EXPECT_THROW(SleepSchedule({.sleep_tau_ms = NAN}), ConfigError);
  EXPECT_THROW(SleepSchedule({.upper = 1}), ConfigError);
  EXPECT_THROW(SleepSchedule({.upper = 0.1, .lower = 0.2}), ConfigError);
  EXPECT_THROW(SleepSchedule({.lower = 0}), ConfigError);
  SleepSchedule schedule(kPublished);
  EXPECT_THROW(schedule.advance(0), ConfigError);
  EXPECT_THROW(schedule.advance(1, -1), ConfigError);
}

}  // namespace
}  // namespace noesis

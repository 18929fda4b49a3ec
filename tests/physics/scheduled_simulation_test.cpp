/// A configuration in time: stimuli at their times, samples at theirs, however time is cut.

#include "physics/scheduled_simulation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/error.hpp"
#include "tests/core/error_of.hpp"

namespace noesis {
namespace {

using testing::ElementsAre;

SimulateConfig config_of(const std::string& integrator) {
  SimulateConfig config;
  config.duration_ms = 50;
  config.connectome.source = "reference";
  config.connectome.reference.num_neurons = 10;
  config.brain.drive.mean = 1.25;
  config.brain.integrator.name = integrator;
  config.stimulus.resize(2);
  config.stimulus[0].value = 2;
  config.stimulus[0].start_ms = 10;
  config.stimulus[0].stop_ms = 20;
  config.stimulus[1].kind = "lesion";
  config.stimulus[1].neurons = {"3"};
  config.stimulus[1].start_ms = 30;
  return config;
}

class Scheduled : public testing::TestWithParam<const char*> {};

// Red when an event between two calls is left out, or an adaptive step may pass the next one.
TEST_P(Scheduled, CallsInBetweenChangeNoBit) {
  const SimulateConfig config = config_of(GetParam());
  const ThreadArena arena(1);
  const auto connectomes = make_connectomes(config);
  ScheduledSimulation<double> one(config, connectomes, arena), many(config, connectomes, arena);
  one.advance_to(50);
  for (int t = 0; t <= 50; ++t) many.advance_to(t);
  EXPECT_EQ(one.simulation().time_ms(), 50);
  EXPECT_EQ(one.simulation().state().at(0, 0, 3), 0);  // lesioned
  for (std::int64_t i = 0; i < 10; ++i) {
    EXPECT_EQ(one.simulation().state().at(0, 0, i), many.simulation().state().at(0, 0, i)) << i;
  }
}

TEST_P(Scheduled, StimuliHoldFromTheirTimesOn) {
  const SimulateConfig config = config_of(GetParam());
  SimulateConfig without = config;
  without.stimulus.clear();
  const ThreadArena arena(1);
  const auto connectomes = make_connectomes(config);
  ScheduledSimulation<double> driven(config, connectomes, arena),
      alone(without, connectomes, arena);
  driven.advance_to(10);
  alone.advance_to(10);
  EXPECT_NEAR(driven.simulation().state().at(0, 0, 0), alone.simulation().state().at(0, 0, 0),
              1e-6);
  driven.advance_to(12);
  alone.advance_to(12);
  EXPECT_GT(driven.simulation().state().at(0, 0, 0), alone.simulation().state().at(0, 0, 0) + 1e-3);
}

// Red when a step that was cut at a limit is taken to end at the next one.
TEST_P(Scheduled, CallsMayEndStepsWhereTheyEnd) {
  SimulateConfig config = config_of(GetParam());
  config.stimulus.clear();
  const ThreadArena arena(1);
  const auto connectomes = make_connectomes(config);
  ScheduledSimulation<double> one(config, connectomes, arena), many(config, connectomes, arena);
  one.advance_to(50);
  for (int t = 5; t <= 50; t += 5) many.advance_to(t, t);
  for (std::int64_t i = 0; i < 10; ++i) {
    EXPECT_NEAR(one.simulation().state().at(0, 0, i), many.simulation().state().at(0, 0, i), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Integrators, Scheduled, testing::Values("rk4", "dopri5"));

TEST(Samples, AreCountedToTheEnd) {
  SimulateConfig config;
  config.duration_ms = 10;
  config.record = {.start_ms = 1, .interval_ms = 0.3, .neurons = {}};
  EXPECT_EQ(num_samples(config), 31);  // 1.0, 1.3, ..., 10.0
  EXPECT_DOUBLE_EQ(sample_time_ms(config, 30), 10);
  config.record.start_ms = 11;
  EXPECT_THAT(test::error_of<ConfigError>([&] { num_samples(config); }),
              testing::HasSubstr("record.start_ms"));
}

TEST(Samples, NeuronsAreChosenEvenly) {
  const SimulateConfig config = config_of("rk4");
  const ConnectomePtr brain = make_connectomes(config).front();
  SimulateConfig some = config;
  some.record.sample_neurons = 3;
  EXPECT_THAT(recorded_neurons(some, *brain), ElementsAre(0, 3, 6));
  some.record.neurons = {"7", "2"};
  EXPECT_THAT(recorded_neurons(some, *brain), ElementsAre(7, 2));
  EXPECT_EQ(recorded_neurons(config, *brain).size(), 10U);
  EXPECT_EQ(name_of_neuron(*brain, 4), "4");
}

}  // namespace
}  // namespace noesis

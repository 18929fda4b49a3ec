/// Stimuli of `noesis simulate` are checked before a run begins.

#include "physics/stimulus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "physics/celegans_connectome.hpp"
#include "tests/core/error_of.hpp"

namespace noesis {
namespace {

using test::error_of;
using testing::AllOf;
using testing::HasSubstr;

std::string error_of_stimulus(double start_ms, double stop_ms,
                              const std::string& integrator = "rk4",
                              std::vector<std::string> neurons = {}) {
  StimulusSpec stimulus;
  stimulus.neurons = std::move(neurons);
  stimulus.start_ms = start_ms;
  stimulus.stop_ms = stop_ms;
  SimulateConfig config;
  config.duration_ms = 1000;
  config.brain.integrator.name = integrator;
  config.brain.integrator.dt_ms = 0.5;
  config.stimulus = {stimulus};
  return error_of<ConfigError>(
      [&] { StimulusSchedule(config.stimulus, celegans_connectome(), config); });
}

// Goes red when the key is left out: a configuration may have many stimuli.
TEST(Stimuli, AnUnknownNeuronIsNamedWithItsKey) {
  EXPECT_THAT(error_of_stimulus(1, 2, "rk4", {"AVAZ"}),
              AllOf(HasSubstr("stimulus.0.neurons"), HasSubstr("did you mean 'AVA")));
}

// No error, since runs are often made shorter than what their configuration was written for.
TEST(Stimuli, OneAfterTheEndIsNamed) {
  SimulateConfig config;
  config.duration_ms = 1000;
  config.stimulus.resize(2);
  config.stimulus[0].stop_ms = 5000;
  config.stimulus[1].start_ms = 1001;
  config.stimulus[1].stop_ms = 1002;
  EXPECT_THAT(StimulusSchedule(config.stimulus, celegans_connectome(), config).unreached(),
              testing::ElementsAre("stimulus.1"));
}

// Goes red when it is found out in the middle of the run, which is lost then.
TEST(Stimuli, TimesBetweenStepsAreRefusedBeforehand) {
  EXPECT_THAT(error_of_stimulus(0.3, 2), HasSubstr("stimulus.0.start_ms"));
  EXPECT_THAT(error_of_stimulus(0.5, 2.2), HasSubstr("stimulus.0.stop_ms"));
  EXPECT_EQ(error_of_stimulus(0.5, 2), "no error");
  EXPECT_EQ(error_of_stimulus(0.3, 2, "dopri5"), "no error");
}

}  // namespace
}  // namespace noesis

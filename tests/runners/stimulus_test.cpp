/// Stimuli of `noesis simulate` are checked before a run begins.

#include "runners/stimulus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "physics/celegans_connectome.hpp"
#include "tests/core/error_of.hpp"

namespace noesis {
namespace {

using test::error_of;
using testing::AllOf;
using testing::HasSubstr;

std::string error_of_stimulus(const StimulusSpec& stimulus, const std::string& integrator = "rk4") {
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
  EXPECT_THAT(error_of_stimulus({.neurons = {"AVAZ"}, .start_ms = 1, .stop_ms = 2}),
              AllOf(HasSubstr("stimulus.0.neurons"), HasSubstr("did you mean 'AVA")));
}

TEST(Stimuli, OneAfterTheEndIsRefused) {
  EXPECT_THAT(error_of_stimulus({.start_ms = 1001, .stop_ms = 1002}),
              AllOf(HasSubstr("stimulus.0.start_ms"), HasSubstr("at most duration_ms")));
  EXPECT_EQ(error_of_stimulus({.start_ms = 999, .stop_ms = 5000}), "no error");
}

// Goes red when it is found out in the middle of the run, which is lost then.
TEST(Stimuli, TimesBetweenStepsAreRefusedBeforehand) {
  EXPECT_THAT(error_of_stimulus({.start_ms = 0.3, .stop_ms = 2}), HasSubstr("stimulus.0.start_ms"));
  EXPECT_THAT(error_of_stimulus({.start_ms = 0.5, .stop_ms = 2.2}),
              HasSubstr("stimulus.0.stop_ms"));
  EXPECT_EQ(error_of_stimulus({.start_ms = 0.5, .stop_ms = 2}), "no error");
  EXPECT_EQ(error_of_stimulus({.start_ms = 0.3, .stop_ms = 2}, "dopri5"), "no error");
}

}  // namespace
}  // namespace noesis

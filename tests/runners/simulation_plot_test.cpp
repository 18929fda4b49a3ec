/// What the report draws of a recording: bounded, and the recording's own numbers.

#include "runners/simulation_plot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "runners/recording.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

using nlohmann::ordered_json;
using testing::ElementsAre;

/// A recording of sin(2 pi t / 1000) + i in neuron i of environment 0, more in the next ones.
ordered_json plot_of(SimulateConfig config, std::int64_t samples, std::int64_t neurons) {
  const test::TempFolder folder;
  RecordingLayout layout;
  layout.components = component_names(config.brain.model);
  if (!config.record.all_components) layout.components.resize(1);
  layout.num_envs = config.num_envs;
  for (std::int64_t i = 0; i < neurons; ++i) {
    layout.neurons.push_back(i);
    layout.neuron_names.push_back("n" + std::to_string(i));
  }
  Recorder recorder(folder / "a.h5", layout);
  for (std::int64_t t = 0; t < samples; ++t) {
    std::vector<std::vector<double>> values(layout.components.size());
    for (std::size_t c = 0; c < values.size(); ++c) {
      for (std::int64_t k = 0; k < layout.row_size(); ++k) {
        values[c].push_back(std::sin(2 * M_PI * static_cast<double>(t) / 1000) +
                            static_cast<double>(k) + 1000 * static_cast<double>(c));
      }
    }
    recorder.append(static_cast<double>(t) * config.record.interval_ms, values);
  }
  recorder.close();
  return simulation_plot(folder / "a.h5", config);
}

TEST(SimulationPlot, ShortRecordingIsItself) {
  const ordered_json plot = plot_of({}, 100, 3);
  ASSERT_EQ(plot.at("windows").size(), 1U);
  const ordered_json& window = plot.at("windows")[0];
  EXPECT_EQ(window.at("samples_each"), 1);
  EXPECT_EQ(window.at("time_ms").size(), 100U);
  EXPECT_EQ(window.at("time_ms")[99], 99.0);
  EXPECT_THAT(window.at("neurons"), ElementsAre("n0", "n1", "n2"));
  const double wave = std::sin(2 * M_PI * 99 / 1000);
  EXPECT_NEAR(window.at("raster")[2][99].get<double>(), wave + 2, 1e-3);
  EXPECT_NEAR(window.at("means")[0].at("mean")[99].get<double>(), wave + 1, 1e-3);
}

// Red when a stretch shows one of its samples instead of their mean, or a bound is lifted.
TEST(SimulationPlot, LongRecordingIsAveragedAndItsEndIsShownAsItIs) {
  SimulateConfig config;
  config.record.interval_ms = 2;
  config.num_envs = 9;
  const ordered_json plot = plot_of(config, 20'000, 100);
  ASSERT_EQ(plot.at("windows").size(), 2U);
  const ordered_json &whole = plot.at("windows")[0], &end = plot.at("windows")[1];
  EXPECT_EQ(whole.at("samples_each"), 20);
  EXPECT_EQ(whole.at("time_ms").size(), 1000U);
  EXPECT_EQ(whole.at("time_ms")[0], 19.0);  // the middle of 0, 2, ..., 38
  EXPECT_EQ(whole.at("raster").size(), 60U);
  EXPECT_EQ(whole.at("means").size(), 4U);  // environments
  double mean = 0;
  for (int t = 0; t < 20; ++t) mean += std::sin(2 * M_PI * t / 1000) / 20;
  EXPECT_NEAR(whole.at("raster")[0][0].get<double>(), mean, 1e-3);
  EXPECT_NEAR(whole.at("means")[0].at("mean")[0].get<double>(), mean + 49.5, 1e-2);
  EXPECT_NEAR(whole.at("means")[0].at("low")[0].get<double>(), mean + 10, 1e-2);
  EXPECT_NEAR(whole.at("means")[0].at("high")[0].get<double>(), mean + 89, 1e-2);
  EXPECT_NEAR(whole.at("means")[3].at("mean")[0].get<double>(), mean + 349.5, 0.1);
  EXPECT_EQ(end.at("samples_each"), 1);
  EXPECT_EQ(end.at("time_ms").size(), 1024U);
  EXPECT_EQ(end.at("time_ms")[1023], 39'998.0);
  EXPECT_EQ(plot.at("attractor").at("points").size(), 2048U);
  EXPECT_LT(plot.dump().size(), 2'000'000U);
}

TEST(SimulationPlot, RecordedVariablesAreThePhasePlane) {
  SimulateConfig config;
  config.record.all_components = true;
  const double wave = std::sin(2 * M_PI * 19 / 1000);
  const ordered_json means = plot_of(config, 20, 5).at("attractor");
  EXPECT_EQ(means.at("kind"), "variables");
  EXPECT_TRUE(means.at("neuron").is_null());
  EXPECT_THAT(means.at("axes"), ElementsAre("E", "I"));
  EXPECT_NEAR(means.at("points")[19][0].get<double>(), wave + 2, 1e-3);
  EXPECT_NEAR(means.at("points")[19][1].get<double>(), wave + 1002, 0.5);
  const ordered_json one = plot_of(config, 20, 4).at("attractor");
  EXPECT_EQ(one.at("neuron"), "n0");
  EXPECT_NEAR(one.at("points")[19][0].get<double>(), wave, 1e-3);
}

// Every neuron does the same: one component has it all.
TEST(SimulationPlot, ElseItIsThatOfThePrincipalComponents) {
  const ordered_json attractor = plot_of({}, 1000, 4).at("attractor");
  EXPECT_EQ(attractor.at("kind"), "principal components");
  EXPECT_EQ(attractor.at("axes").size(), 3U);
  EXPECT_EQ(attractor.at("axes")[0], "PC1 (100% of the variance)");
  EXPECT_NEAR(std::abs(attractor.at("points")[250][0].get<double>()), 2, 1e-2);  // |(1, 1, 1, 1)|
}

TEST(SimulationPlot, WhatHasNoStateSpaceHasNone) {
  EXPECT_TRUE(plot_of({}, 100, 1).at("attractor").is_null());  // one neuron, one variable
  EXPECT_TRUE(plot_of({}, 1, 5).at("attractor").is_null());    // nothing moves
  EXPECT_TRUE(plot_of({}, 100, 5).at("spectrum").is_null());   // not measured
}

TEST(SimulationPlot, StimuliAreTheConfigurations) {
  SimulateConfig config;
  config.stimulus.resize(150);
  config.stimulus[0].kind = "lesion";
  config.stimulus[0].neurons = {"n1"};
  config.stimulus[0].start_ms = 4;
  const ordered_json stimuli = plot_of(config, 10, 3).at("stimuli");
  EXPECT_EQ(stimuli.size(), 100U);
  EXPECT_EQ(stimuli[0].at("start_ms"), 4);
  EXPECT_EQ(stimuli[0].at("stop_ms"), config.duration_ms);  // it lasts
  EXPECT_THAT(stimuli[0].at("neurons"), ElementsAre("n1"));
}

}  // namespace
}  // namespace noesis

// Which backend a run gets by name, and what the plan of memory says before it.

#include "runners/factory.hpp"

#include <gtest/gtest.h>

#include <regex>

#include "core/error.hpp"
#include "runners/large_scale.hpp"
#include "runners/memory_report.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

std::string backend_of(const std::string& name, const ConnectomePtr& brain,
                       const BrainSpec& spec = testing::wilson_cowan_spec()) {
  const ThreadArena arena(1);
  return Simulation<float>({brain}, spec, {1}, arena, backend_factory<float>(name)).backend_name();
}

std::string error_text(const std::string& name, const ConnectomePtr& brain) {
  try {
    return "no error: " + backend_of(name, brain);
  } catch (const ConfigError& error) {
    return error.what();
  }
}

// Mutation: "auto" that takes a device for every brain, or falls over where there is none.
TEST(Factory, AutoLeavesSmallBrainsToTheProcessor) {
  const ConnectomePtr small = testing::uneven_brain(50, 5, 1);
  EXPECT_EQ(backend_of("cpu", small), "cpu");
  EXPECT_EQ(backend_of("auto", small), "cpu");
  BrainSpec adaptive = testing::wilson_cowan_spec();
  adaptive.integrator.name = "dopri5";
  EXPECT_EQ(backend_of("auto", testing::uneven_brain(700, 400, 1), adaptive), "cpu");
}

TEST(Factory, AutoTakesADeviceForLargeOnesWhereThereIsOne) {
  const ConnectomePtr large = testing::uneven_brain(700, 400, 1);
  ASSERT_GT(large->num_synapses(), 200'000);
  const std::vector<DeviceTimer> devices = device_timers();
  const std::string got = backend_of("auto", large);
  EXPECT_EQ(got.substr(0, got.find(' ')), devices.empty() ? "cpu" : devices.front().name);
}

// A device that is not here, or was not built, is an error that says so: never the processor.
TEST(Factory, ANamedDeviceIsThatOneOrAnError) {
  const ConnectomePtr brain = testing::uneven_brain(50, 5, 1);
  for (const std::string name : {"cuda", "hip"}) {
    bool is_here = false;
    for (const DeviceTimer& device : device_timers()) is_here |= device.name == name;
    if (is_here) continue;
    const std::string text = error_text(name, brain);
    const bool says_why = text.find("no device to run on") != std::string::npos ||
                          text.find("no such backend") != std::string::npos;
    EXPECT_TRUE(says_why) << text;
  }
}

// 300,000 neurons with 2,000 inputs each and plasticity fit 16 GiB. Where a brain does not fit, the
// number that is named does, and one more does not.
TEST(MemoryReport, NamesTheMostThatFits) {
  const std::string fits = memory_report(large_scale_config(300'000, 2'000), 16);
  EXPECT_NE(fits.find("it fits"), std::string::npos) << fits;
  EXPECT_NE(fits.find("plasticity"), std::string::npos) << fits;
  std::string error;
  try {
    memory_report(large_scale_config(300'000, 8'000), 16);
  } catch (const ConfigError& e) {
    error = e.what();
  }
  std::smatch match;
  ASSERT_TRUE(std::regex_search(error, match, std::regex("([0-9]+) synapses a neuron"))) << error;
  const std::int64_t most = std::stoll(match[1]);
  EXPECT_NO_THROW(memory_report(large_scale_config(300'000, most), 16));
  EXPECT_THROW(memory_report(large_scale_config(300'000, most + 1), 16), ConfigError);
  EXPECT_THROW(memory_report(large_scale_config(300'000, 1), 0.001), ConfigError);
}

}  // namespace
}  // namespace noesis

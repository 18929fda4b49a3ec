// A split brain of which one worker computes its rows on a device, here the one that is emulated on
// the host: it sums in the same order, and so the brain has the bits of one process.

#include "gpu/backends.hpp"
#include "physics/verdict/activity_window.hpp"
#include "tests/distributed/lives.hpp"

namespace noesis {
namespace {

using namespace noesis::testing;

const GpuRows& emulated_rows() {
  static const GpuRows rows(emulated::kind<float>(), emulated::kind<double>());
  return rows;
}

struct DeviceCase {
  std::string model, integrator;
  int workers;
  bool has_gaps = false;
  int num_envs = 1;
};

std::string text_of(const DeviceCase& c) {
  return c.model + "_" + c.integrator + "_" + std::to_string(c.workers) +
         (c.has_gaps ? "_gaps" : "") + (c.num_envs > 1 ? "_batch" : "");
}
void PrintTo(const DeviceCase& c, std::ostream* stream) { *stream << text_of(c); }

class OneOnADevice : public ::testing::TestWithParam<DeviceCase> {};

/// The last of some workers computes on a device.
std::shared_ptr<Crew> mixed_crew(int workers) {
  std::vector<const RowDevices*> devices(static_cast<std::size_t>(workers));
  devices.back() = &emulated_rows();
  return make_local_crew(workers, 1, devices);
}

/// Of each environment; a device does not compute what a last tile has beyond them.
template <Real T>
std::vector<T> states_of(const State<T>& x) {
  std::vector<T> values;
  for (std::int64_t env = 0; env < x.shape().num_envs; ++env) {
    for (int c = 0; c < x.shape().num_components; ++c) {
      for (std::int64_t i = 0; i < x.shape().num_neurons; ++i) values.push_back(x.at(env, c, i));
    }
  }
  return values;
}

template <Real T>
void compare(const DeviceCase& c) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = make_brain({.has_gaps = c.has_gaps, .crossing = 0.2});
  const BrainSpec spec = make_spec(c.model, c.integrator);
  std::vector<std::uint64_t> seeds;
  for (int e = 0; e < c.num_envs; ++e) seeds.push_back(11 + static_cast<std::uint64_t>(e));
  Simulation<T> whole({brain}, spec, seeds, arena);
  Simulation<T> split({brain}, spec, seeds, arena, split_over<T>(mixed_crew(c.workers)));
  for (int turn = 0; turn < 5; ++turn) {
    for (Simulation<T>* const one : {&whole, &split}) {
      Surgeon<T>& surgeon = one->surgeon();
      const std::int64_t env = turn % c.num_envs;
      // Neuron 55 is the device's, neuron 3 the processor's.
      if (turn == 1) surgeon.set_current(env, 55, -0.4);
      if (turn == 2) surgeon.silence(env, 3);
      if (turn == 2) surgeon.silence(env, 50);
      if (turn == 3) surgeon.clamp(env, 57, 0.3);
      if (turn == 3) surgeon.set_gain(env, 58, 0.5);
      if (turn == 4) surgeon.lesion(env, 59);
      one->advance_to(3.0 * (turn + 1));
    }
    ASSERT_EQ(states_of(whole.state()), states_of(split.state())) << "in turn " << turn;
  }
}

// Red when a device's rows miss what others send, an input, a gap junction, or a component.
TEST_P(OneOnADevice, HasTheBitsOfOneProcess) {
  compare<float>(GetParam());
  compare<double>(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Brains, OneOnADevice,
                         ::testing::Values(DeviceCase{"rate", "euler", 2},
                                           DeviceCase{"rate", "heun", 3},
                                           DeviceCase{"rate", "rk4", 1},
                                           DeviceCase{"rate", "dopri5", 2},
                                           DeviceCase{"wilson_cowan", "rk4", 2},
                                           DeviceCase{"wilson_cowan", "heun", 2, false, 21},
                                           DeviceCase{"graded", "rk4", 2, true},
                                           DeviceCase{"graded", "dopri5", 2, true, 21}),
                         [](const auto& one) { return text_of(one.param); });

// Red when weights that rules change, and rows that are dealt out anew, do not reach the device.
TEST(OneOnADevice, GrowsAndSleeps) {
  expect_same_life(mixed_crew(2), 60, [](int) {});
}

// Chaos tells two runs apart from any difference, so that a verdict is of more than bits: what is
// equal over a time constant is equal over the run, and so is every window that a verdict reads.
TEST(OneOnADevice, HasTheVerdictOfOneProcess) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = make_brain({.num_neurons = 120});
  BrainSpec spec = make_spec("rate", "rk4", 0);
  spec.model.rate.coupling = 3;  // chaotic
  const double tau = spec.model.rate.tau_ms;
  Simulation<float> whole({brain}, spec, {3}, arena);
  Simulation<float> split({brain}, spec, {3}, arena, split_over<float>(mixed_crew(2)));
  const auto run_of = [&](Simulation<float>& one) {
    std::vector<double> series;
    for (int sample = 1; sample <= 400; ++sample) {
      one.advance_to(sample * tau / 2);
      for (std::int64_t i = 0; i < 120; ++i) series.push_back(one.state().at(0, 0, i));
    }
    return series;
  };
  const std::vector<double> expected = run_of(whole), found = run_of(split);
  double worst = 0, largest = 0;
  for (std::size_t k = 0; k < 2 * 120; ++k) {  // over the first time constant
    worst = std::max(worst, std::abs(found[k] - expected[k]));
    largest = std::max(largest, std::abs(expected[k]));
  }
  EXPECT_GT(largest, 0.1);
  EXPECT_LE(worst, 1e-5);
  EXPECT_EQ(found, expected);  // which is more than was asked for
  const std::vector<double> low(120, -3), high(120, 3);
  const auto expected_windows = activity_windows(expected, 120, 0.5, low, high);
  const auto found_windows = activity_windows(found, 120, 0.5, low, high);
  ASSERT_EQ(found_windows.size(), 2u);
  for (std::size_t k = 0; k < found_windows.size(); ++k) {
    EXPECT_GT(found_windows[k].active_fraction, 0.5);
    EXPECT_EQ(found_windows[k].mean_level, expected_windows[k].mean_level);
    EXPECT_EQ(found_windows[k].saturated_fraction, expected_windows[k].saturated_fraction);
    EXPECT_EQ(found_windows[k].unit_deviation, expected_windows[k].unit_deviation);
    EXPECT_EQ(found_windows[k].active_fraction, expected_windows[k].active_fraction);
    EXPECT_EQ(found_windows[k].synchrony, expected_windows[k].synchrony);
  }
}

TEST(OneOnADevice, RefusesWhatStaysWithTheProcessor) {
  const ThreadArena arena(1);
  const auto run = [&](const ConnectomePtr& brain, const char* integrator) {
    Simulation<double> split({brain}, make_spec("rate", integrator), {3}, arena,
                             split_over<double>(mixed_crew(2)));
    split.advance_to(2);
  };
  EXPECT_THROW(run(make_brain({}), "ros2"), ConfigError);
  EXPECT_THROW(run(make_brain({.has_delays = true}), "rk4"), ConfigError);
}

}  // namespace
}  // namespace noesis

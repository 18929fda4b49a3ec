// A brain that is split over workers has the bits of the same brain in one piece: any model,
// integrator, partition, number of workers, with interventions, delays and gap junctions.

#include "tests/distributed/brains.hpp"

namespace noesis {
namespace {

using namespace noesis::testing;

struct Case {
  std::string model, integrator;
  int workers;
  std::string by;
  bool has_gaps, has_delays;
  int num_envs = 1;
};

std::string text_of(const Case& c) {
  return c.model + "_" + c.integrator + "_" + std::to_string(c.workers) + "_" + c.by +
         (c.has_gaps ? "_gaps" : "") + (c.has_delays ? "_delays" : "") +
         (c.num_envs > 1 ? "_batch" : "");
}

void PrintTo(const Case& c, std::ostream* stream) { *stream << text_of(c); }

class Split : public ::testing::TestWithParam<Case> {};

template <Real T>
void compare(const Case& c) {
  const ThreadArena arena(1);
  const ConnectomePtr brain =
      make_brain({.has_gaps = c.has_gaps, .has_delays = c.has_delays, .crossing = 0.2});
  const BrainSpec spec = make_spec(c.model, c.integrator);
  std::vector<std::uint64_t> seeds;
  for (int e = 0; e < c.num_envs; ++e) seeds.push_back(11 + static_cast<std::uint64_t>(e));
  const std::shared_ptr<Crew> crew = make_local_crew(c.workers);
  SplitOptions options;
  options.partition.by = c.by;
  Simulation<T> whole({brain}, spec, seeds, arena);
  Simulation<T> split({brain}, spec, seeds, arena, split_over<T>(crew, options));
  ASSERT_TRUE(same_bits(whole.state(), split.state()));
  // Interventions of every kind, at times of their own, on neurons of several workers.
  const auto intervene = [&](Simulation<T>& brain_in_time, int turn) {
    Surgeon<T>& surgeon = brain_in_time.surgeon();
    const std::int64_t env = turn % c.num_envs;
    switch (turn) {
      case 1:
        surgeon.set_current(env, 3, 0.7);
        surgeon.set_current(env, 55, -0.4);
        break;
      case 2:
        surgeon.silence(env, 10);
        surgeon.silence(env, 40);
        break;
      case 3:
        surgeon.clamp(env, 20, 0.3);
        surgeon.set_gain(env, 33, 0.5);
        break;
      case 4:
        surgeon.lesion(env, 7);
        surgeon.release(env, 20);
        break;
      default:
        break;
    }
  };
  for (int turn = 0; turn < 6; ++turn) {
    intervene(whole, turn);
    intervene(split, turn);
    const double t = 4.0 * (turn + 1);
    for (const double sample : {t - 1.5, t}) {
      whole.advance_to(sample, t);
      split.advance_to(sample, t);
    }
    ASSERT_TRUE(same_bits(whole.state(), split.state())) << "at " << t << " ms";
  }
  EXPECT_EQ(whole.statistics(0).accepted, split.statistics(0).accepted);
  EXPECT_EQ(whole.statistics(0).min_dt_ms, split.statistics(0).min_dt_ms);
}

// Red when a row's synapses are summed in another order, noise is keyed by place, a halo is put in
// the wrong place, inputs do not reach a worker, or a norm is one worker's own.
TEST_P(Split, HasTheBitsOfOneProcess) {
  compare<double>(GetParam());
  compare<float>(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Brains, Split,
                         ::testing::Values(Case{"rate", "euler", 2, "blocks", false, false},
                                           Case{"rate", "heun", 3, "regions", false, false},
                                           Case{"rate", "rk4", 4, "blocks", false, false},
                                           Case{"rate", "ros2", 2, "regions", false, false},
                                           Case{"rate", "dopri5", 1, "blocks", false, false},
                                           Case{"rate", "dopri5", 3, "blocks", false, false},
                                           Case{"wilson_cowan", "rk4", 2, "blocks", false, false},
                                           Case{"wilson_cowan", "heun", 2, "regions", false, true},
                                           Case{"rate", "rk4", 3, "blocks", false, true},
                                           Case{"rate", "euler", 2, "blocks", false, true, 5},
                                           Case{"graded", "rk4", 3, "blocks", true, false},
                                           Case{"graded", "ros2", 2, "regions", true, false},
                                           Case{"graded", "dopri5", 2, "blocks", true, false},
                                           Case{"rate", "heun", 3, "blocks", false, false, 21},
                                           Case{"rate", "dopri5", 2, "blocks", false, false, 21}),
                         [](const auto& one) { return text_of(one.param); });

// Red when a snapshot misses what a worker holds, or a restored state or past does not reach it.
TEST(SplitSimulation, ForksAndSavesAsOneProcess) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = make_brain({.has_delays = true});
  const BrainSpec spec = make_spec("rate", "heun");
  const std::shared_ptr<Crew> crew = make_local_crew(3);
  Simulation<double> whole({brain}, spec, {3}, arena);
  Simulation<double> split({brain}, spec, {3}, arena, split_over<double>(crew));
  whole.advance_to(10);
  split.advance_to(10);
  const BrainSnapshot<double> snapshot = split.snapshot(0);
  EXPECT_EQ(snapshot, whole.snapshot(0));
  whole.advance_to(20);
  split.advance_to(20);
  split.restore(0, snapshot);
  whole.restore(0, snapshot);
  whole.advance_to(30);
  split.advance_to(30);
  EXPECT_TRUE(same_bits(whole.state(), split.state()));
  whole.reset(0, 77);
  split.reset(0, 77);
  whole.advance_to(40);
  split.advance_to(40);
  EXPECT_TRUE(same_bits(whole.state(), split.state()));
}

// Red when what a worker cannot do is lost, or leaves its peers waiting.
TEST(SplitSimulation, SaysWhereAnAdaptiveStepFails) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = make_brain({});
  BrainSpec spec = make_spec("rate", "dopri5");
  spec.integrator.max_steps = 3;
  const std::shared_ptr<Crew> crew = make_local_crew(2);
  Simulation<double> whole({brain}, spec, {3}, arena);
  Simulation<double> split({brain}, spec, {3}, arena, split_over<double>(crew));
  std::string expected;
  try {
    whole.advance_to(100);
  } catch (const RunError& error) {
    expected = error.what();
  }
  ASSERT_NE(expected, "");
  try {
    split.advance_to(100);
    FAIL() << "no error";
  } catch (const RunError& error) {
    EXPECT_EQ(error.what(), expected);
  }
}

TEST(SplitSimulation, RefusesWhatCannotBeSplit) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = make_brain({});
  const BrainSpec spec = make_spec("rate", "heun");
  EXPECT_THROW(Simulation<double>({brain, brain}, spec, {1, 2}, arena,
                                  split_over<double>(make_local_crew(2))),
               ConfigError);
  const ConnectomePtr two = std::make_shared<Connectome>(2, std::vector<Synapse>{{0, 1, 1}});
  EXPECT_THROW(Simulation<double>({two}, spec, {1}, arena, split_over<double>(make_local_crew(3))),
               ConfigError);
}

}  // namespace
}  // namespace noesis

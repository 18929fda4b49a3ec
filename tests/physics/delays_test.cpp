// Conduction delays: against the exact solution and a plain oracle, and with everything that a
// simulation does beside stepping.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/rng.hpp"
#include "physics/delay_line.hpp"
#include "physics/simulation.hpp"
#include "tests/core/error_of.hpp"
#include "tests/core/temp_folder.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

using test::error_of;
using testing::column;
using ::testing::HasSubstr;
using testing::seeds_from;

BrainSpec linear_spec(const std::string& integrator, double dt_ms) {
  BrainSpec spec;
  spec.model.name = "rate";
  spec.model.rate = {.tau_ms = 1, .activation = "relu_power"};
  spec.integrator = {.name = integrator, .dt_ms = dt_ms};
  spec.initial = {.low = 1, .high = 1};
  return spec;
}

/// Random synapses with delays of 1 to `longest` steps.
ConnectomePtr delayed_brain(std::int64_t n, double dt_ms, int longest, std::uint64_t seed) {
  const ConnectomePtr plain = testing::uneven_brain(n, 6, seed, false);
  std::vector<float> delays;
  RandomSequence random(seed, Stream::kTopology, 9);
  for (std::int64_t k = 0; k < plain->num_synapses(); ++k) {
    const auto steps = 1 + random.below(static_cast<std::uint64_t>(longest));
    delays.push_back(static_cast<float>(dt_ms * static_cast<double>(steps)));
  }
  return std::make_shared<Connectome>(n, plain->edges(), std::span<const Synapse>{}, NeuronTable{},
                                      delays);
}

// x' = -x + w x(t - d), x = 1 before 0, by the method of steps.
double exact(double t, double w, double d) {
  const double end = w + (1 - w) * std::exp(-d);
  if (t <= d) return w + (1 - w) * std::exp(-t);
  const double s = t - d;
  return std::exp(-s) * (end + w * (1 - w) * s) + w * w * (1 - std::exp(-s));
}

// Mutations: input of the step's beginning held in it (first order), one slot too old.
TEST(Delays, SecondOrderAgainstTheExactSolution) {
  const double w = 0.5, d = 1;
  const std::vector<Synapse> edge = {{0, 0, static_cast<float>(w)}};
  const std::vector<float> delay = {static_cast<float>(d)};
  const auto brain =
      std::make_shared<Connectome>(1, edge, std::span<const Synapse>{}, NeuronTable{}, delay);
  const ThreadArena arena(1);
  const auto error = [&](const char* integrator, double dt) {
    Simulation<double> sim({brain}, linear_spec(integrator, dt), {1}, arena);
    sim.advance_to(2);
    return std::abs(sim.state().at(0, 0, 0) - exact(2, w, d));
  };
  for (const char* integrator : {"heun", "rk4"}) {
    SCOPED_TRACE(integrator);
    EXPECT_LT(error(integrator, 0.01), 1e-5);
    const double order = std::log2(error(integrator, 0.1) / error(integrator, 0.05));
    EXPECT_GT(order, 1.8);
  }
  EXPECT_NEAR(std::log2(error("euler", 0.02) / error("euler", 0.01)), 1, 0.1);
}

/// Euler steps of the rate network with the whole past in memory.
std::vector<double> oracle(const Connectome& brain, double dt, int steps, double x0) {
  const auto n = static_cast<std::size_t>(brain.num_neurons());
  const SynapseTable& table = brain.synapses();
  std::vector<std::vector<double>> past = {std::vector<double>(n, x0)};
  for (int t = 0; t < steps; ++t) {
    std::vector<double> next = past.back();
    for (std::size_t i = 0; i < n; ++i) {
      double input = 0;
      for (std::int32_t k = 0; k < table.row_count[i]; ++k) {
        const std::int64_t slot = table.row_begin[i] + k;
        const auto ago = static_cast<int>(std::lround(table.delays_ms[slot] / dt));
        const double x = past[static_cast<std::size_t>(std::max(t - ago, 0))][table.sources[slot]];
        input += table.weights[slot] * std::max(x, 0.0);
      }
      next[i] += dt * (input - past.back()[i]);
    }
    past.push_back(next);
  }
  return past.back();
}

// The ring is as long as a power of two, so that its seam is tried on both sides of one.
TEST(Delays, PlainOracle) {
  const ThreadArena arena(2);
  for (const int longest : {1, 7, 8, 9}) {
    SCOPED_TRACE(longest);
    const ConnectomePtr brain = delayed_brain(20, 0.1, longest, 4);
    Simulation<double> sim({brain}, linear_spec("euler", 0.1), {1}, arena);
    sim.advance_to(3);
    const std::vector<double> want = oracle(*brain, 0.1, 30, 1);
    const std::vector<double> got = column(sim.state(), 0);
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_NEAR(got[i], want[i], 1e-12 * std::max(1.0, std::abs(want[i])));
    }
  }
}

// Mutation: silencing cuts what is on its way.
TEST(Delays, SilenceIsHeardAfterTheDelay) {
  const std::vector<Synapse> edge = {{0, 1, 1.0f}};
  const std::vector<float> delay = {0.5f};
  const auto brain =
      std::make_shared<Connectome>(2, edge, std::span<const Synapse>{}, NeuronTable{}, delay);
  const ThreadArena arena(1);
  Simulation<double> heard({brain}, linear_spec("euler", 0.1), {1}, arena);
  Simulation<double> silenced({brain}, linear_spec("euler", 0.1), {1}, arena);
  for (auto* sim : {&heard, &silenced}) {
    sim->surgeon().clamp(0, 0, 1);
    sim->advance_to(1);
  }
  silenced.surgeon().silence(0, 0);
  for (int step = 11; step <= 20; ++step) {
    heard.advance_to(0.1 * step);
    silenced.advance_to(0.1 * step);
    // y_10 = 0 is in the input of step 15, and so in the state from 16 on.
    EXPECT_EQ(heard.state().at(0, 0, 1) == silenced.state().at(0, 0, 1), step <= 15) << step;
  }
}

BrainSpec noisy_spec() {
  BrainSpec spec = testing::wilson_cowan_spec(1);
  spec.noise.sigma = 0.02;
  return spec;
}

template <Real T>
void operate(Simulation<T>& sim, std::int64_t env) {
  sim.surgeon().set_current(env, 3, 0.4);
  sim.surgeon().clamp(env, 5, 0.2);
  sim.surgeon().silence(env, 6);
  sim.surgeon().lesion(env, 7);
}

// Mutations: the ring's place by the environment's own step count; padded lanes' inputs.
template <Real T>
void same_bits_in_any_batch() {
  const ConnectomePtr brain = delayed_brain(30, 0.05, 11, 2);
  const auto run = [&](std::size_t envs, int threads, std::uint64_t first, bool per_env) {
    const ThreadArena arena(threads);
    const std::vector<ConnectomePtr> brains(per_env ? envs : 1, brain);
    Simulation<T> sim(brains, noisy_spec(), seeds_from(first, envs), arena);
    sim.advance_to(1);
    for (std::size_t e = 0; e < envs; ++e) operate(sim, static_cast<std::int64_t>(e));
    sim.advance_to(2);
    return column(sim.state(), static_cast<std::int64_t>(envs) - 1);
  };
  const auto alone = run(1, 1, 40, false);
  EXPECT_EQ(run(21, 1, 20, false), alone);
  EXPECT_EQ(run(21, 3, 20, false), alone);
  EXPECT_EQ(run(3, 2, 38, true), alone);
}
TEST(Delays, SameBitsInAnyBatch) {
  same_bits_in_any_batch<double>();
  same_bits_in_any_batch<float>();
}

// Mutations: snapshot or checkpoint without the past, or without the input of the present step.
TEST(Delays, SnapshotsAndCheckpointsGoOn) {
  const test::TempFolder folder;
  const ThreadArena arena(1);
  const ConnectomePtr brain = delayed_brain(30, 0.05, 11, 2);
  const auto make = [&](std::uint64_t seed) {
    return Simulation<double>({brain}, noisy_spec(), seeds_from(seed, 3), arena);
  };
  Simulation<double> whole = make(1);
  operate(whole, 1);
  whole.advance_to(0.65);
  whole.save(folder / "checkpoint");
  const BrainSnapshot<double> moment = whole.snapshot(1);
  whole.advance_to(2);
  Simulation<double> loaded = make(1);
  loaded.load(folder / "checkpoint");
  loaded.advance_to(2);
  Simulation<double> other = make(50);
  other.advance_to(0.35);
  other.restore(2, moment);
  other.advance_to(1.7);  // as long after as 2 is after 0.65
  for (std::int64_t env = 0; env < 3; ++env) {
    EXPECT_EQ(column(loaded.state(), env), column(whole.state(), env));
  }
  EXPECT_EQ(column(other.state(), 2), column(whole.state(), 1));
}

// Mutation: the past of the episode before is left in the line.
TEST(Delays, ResetForgetsThePast) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = delayed_brain(30, 0.05, 11, 2);
  Simulation<double> used({brain}, noisy_spec(), seeds_from(1, 3), arena);
  used.advance_to(0.85);
  used.reset(1, 9);
  used.advance_to(1.85);
  Simulation<double> fresh({brain}, noisy_spec(), seeds_from(8, 3), arena);
  fresh.advance_to(1);
  EXPECT_EQ(column(used.state(), 1), column(fresh.state(), 1));
}

TEST(Delays, Refusals) {
  const ThreadArena arena(1);
  const std::vector<Synapse> edges = {{0, 1, 1.0f}, {1, 0, 1.0f}};
  const auto brain = [&](float first, float second) {
    const std::vector<float> delays = {first, second};
    return std::make_shared<Connectome>(2, edges, std::span<const Synapse>{}, NeuronTable{},
                                        delays);
  };
  EXPECT_THAT(error_of([&] { brain(1, -1); }), HasSubstr("delays_ms[1]"));
  EXPECT_THAT(error_of([&] { brain(NAN, 1); }), HasSubstr("delays_ms[0]"));
  EXPECT_THAT(error_of([&] { brain(0, 1); }), HasSubstr("delay"));
  const std::vector<float> one = {1};
  EXPECT_THAT(
      error_of([&] { Connectome(2, edges, std::span<const Synapse>{}, NeuronTable{}, one); }),
      HasSubstr("number of delays"));
  const auto simulate = [&](std::vector<ConnectomePtr> brains, const BrainSpec& spec) {
    Simulation<double> sim(brains, spec, seeds_from(1, brains.size()), arena);
  };
  EXPECT_THAT(error_of([&] { simulate({brain(1, 0.04f)}, linear_spec("euler", 0.1)); }),
              HasSubstr("delays_ms[0]"));  // of the table: rows by target
  EXPECT_THAT(error_of([&] { simulate({brain(1, 1e5f)}, linear_spec("euler", 0.1)); }),
              HasSubstr("65535 steps"));
  EXPECT_THAT(error_of([&] { simulate({brain(1, 1)}, linear_spec("dopri5", 0.1)); }),
              HasSubstr("fixed steps"));
  const auto plain = std::make_shared<Connectome>(2, edges);
  EXPECT_THAT(error_of([&] {
                simulate({brain(1, 1), plain}, linear_spec("rk4", 0.1));
              }),
              HasSubstr("or none"));
}

}  // namespace
}  // namespace noesis

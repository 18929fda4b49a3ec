// Same seed, same bits: for any number of threads, alone or in a batch, cut into any pieces of
// time.

#include <gtest/gtest.h>

#include <limits>

#include "physics/simulation.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

using testing::column;
using testing::seeds_from;
using testing::uneven_brain;

struct Case {
  const char* model;
  const char* integrator;
  double sigma;
};

BrainSpec spec_of(const Case& c) {
  BrainSpec spec = testing::wilson_cowan_spec(1);
  spec.model.name = c.model;
  spec.model.wilson_cowan.gap_coupling = 0.5;
  spec.model.rate.tau_ms = 1;
  spec.model.rate.coupling = 2;
  spec.integrator.name = c.integrator;
  spec.noise.sigma = c.sigma;
  if (spec.model.name == "lorenz63") spec.integrator.dt_ms = 0.005;
  return spec;
}

const Case kCases[] = {{"wilson_cowan", "rk4", 0},     {"wilson_cowan", "euler", 0.02},
                       {"wilson_cowan", "heun", 0.02}, {"wilson_cowan", "dopri5", 0},
                       {"rate", "rk4", 0.05},          {"rate", "dopri5", 0},
                       {"lorenz63", "rk4", 0.01},      {"lorenz63", "dopri5", 0}};

/// Runs to `end` in pieces with interventions on the way; every environment gets its own.
template <Real T>
State<T> run(const Case& c, const std::vector<ConnectomePtr>& brains,
             const std::vector<std::uint64_t>& seeds, int threads, int pieces) {
  const ThreadArena arena(threads);
  Simulation<T> sim(brains, spec_of(c), seeds, arena);
  const double end = c.model == std::string("lorenz63") ? 1.0 : 6.0;
  const double half = end / 2;
  for (int k = 1; k <= pieces; ++k) sim.advance_to(half * k / pieces, half);
  Surgeon<T>& surgeon = sim.surgeon();
  for (std::size_t e = 0; e < seeds.size(); ++e) {
    const auto env = static_cast<std::int64_t>(e);
    const auto neuron = static_cast<std::int64_t>(seeds[e] % 7) + 3;
    surgeon.set_current(env, neuron, 0.5);
    surgeon.silence(env, neuron + 1);
    surgeon.clamp(env, neuron + 2, 0.3);
    if (seeds[e] % 2 == 0) surgeon.lesion(env, neuron + 3);
  }
  for (int k = 1; k <= pieces; ++k) sim.advance_to(half + half * k / pieces, end);
  return sim.state();
}

// Mutations: summing a row's lanes by the number of threads, keying noise by batch position, one
// step size for the whole batch in dopri5, stepping to observation times.
template <Real T>
void check_case(const Case& c) {
  SCOPED_TRACE(std::string(c.model) + " " + c.integrator);
  const ConnectomePtr brain = uneven_brain(45, 9, 21);
  const std::vector<std::uint64_t> seeds = seeds_from(70, 64);
  const State<T> batch = run<T>(c, {brain}, seeds, 2, 1);
  for (const std::int64_t env : {0, 1, 17, 63}) {
    const State<T> alone = run<T>(c, {brain}, {seeds[static_cast<std::size_t>(env)]}, 1, 1);
    EXPECT_EQ(column(batch, env), column(alone, 0)) << "environment " << env << " alone";
  }
  EXPECT_EQ(column(run<T>(c, {brain}, seeds, 1, 1), 5), column(batch, 5)) << "one thread";
  EXPECT_EQ(column(run<T>(c, {brain}, seeds, 3, 4), 5), column(batch, 5))
      << "three threads, pieces";
  const std::vector<std::uint64_t> three = seeds_from(70, 3);
  const State<T> per_env = run<T>(c, {brain, brain, brain}, three, 2, 1);
  for (const std::int64_t env : {0, 1, 2}) EXPECT_EQ(column(per_env, env), column(batch, env));
  EXPECT_NE(column(batch, 0), column(batch, 1)) << "seeds differ";
}

TEST(Determinism, ThreadsBatchAndPiecesDouble) {
  for (const Case& c : kCases) check_case<double>(c);
}
TEST(Determinism, ThreadsBatchAndPiecesFloat) {
  for (const Case& c : kCases) check_case<float>(c);
}

// A brain large enough that rows really are split over threads.
TEST(Determinism, LargeBrainOnThreads) {
  const ConnectomePtr brain = uneven_brain(3000, 40, 4);
  const Case c = {"rate", "rk4", 0.1};
  const auto one = run<float>(c, {brain}, {1}, 1, 1);
  for (const int threads : {2, 3}) {
    EXPECT_EQ(column(run<float>(c, {brain}, {1}, threads, 1), 0), column(one, 0));
  }
}

TEST(Determinism, ResetRepeatsTheEpisode) {
  const ConnectomePtr brain = uneven_brain(45, 9, 21);
  const ThreadArena arena(1);
  Simulation<double> sim({brain}, spec_of(kCases[1]), seeds_from(70, 9), arena);
  sim.advance_to(2.0);
  const auto first = column(sim.state(), 4);
  sim.surgeon().lesion(4, 7);
  sim.reset(4, 74);
  sim.advance_to(4.0);
  EXPECT_EQ(column(sim.state(), 4), first);
  EXPECT_NE(column(sim.state(), 5), first);
}

}  // namespace
}  // namespace noesis

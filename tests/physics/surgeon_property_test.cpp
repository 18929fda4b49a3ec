// Surgery leaves no trace once it is ended, whatever was done.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "physics/simulation.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

using testing::column;
using testing::seeds_from;

constexpr std::int64_t kNeurons = 12;
constexpr std::int64_t kEnvs = 10;

/// A few interventions on environment `env`, with time passing between them.
void operate(Simulation<double>& sim, std::int64_t env, bool lesions) {
  const int num_operations = *rc::gen::inRange(1, 12);
  for (int k = 0; k < num_operations; ++k) {
    const auto neuron = *rc::gen::inRange<std::int64_t>(0, kNeurons);
    const double value = 0.1 * *rc::gen::inRange(-20, 20);
    Surgeon<double>& surgeon = sim.surgeon();
    switch (*rc::gen::inRange(0, lesions ? 6 : 5)) {
      case 0:
        surgeon.set_current(env, neuron, value);
        break;
      case 1:
        surgeon.silence(env, neuron, *rc::gen::arbitrary<bool>());
        break;
      case 2:
        surgeon.clamp(env, neuron, value);
        break;
      case 3:
        surgeon.release(env, neuron);
        break;
      case 4:
        sim.advance_to(sim.time_ms() + 0.1);
        break;
      default:
        surgeon.lesion(env, neuron);
        break;
    }
  }
}

BrainSpec noisy_spec() {
  BrainSpec spec = testing::wilson_cowan_spec(1);
  spec.model.wilson_cowan.gap_coupling = 0.5;
  spec.noise.sigma = 0.02;
  return spec;
}

void expect_same(const Simulation<double>& a, const Simulation<double>& b) {
  for (std::int64_t env = 0; env < kEnvs; ++env) {
    RC_ASSERT(column(a.state(), env) == column(b.state(), env));
  }
}

// Mutations: clear() that leaves a mask, a level or a current; a count of held neurons that drifts.
TEST(SurgeonProperty, ClearedWithoutLesionsIsUntouched) {
  EXPECT_TRUE(rc::check([] {
    const ThreadArena arena(1);
    const ConnectomePtr brain = testing::uneven_brain(kNeurons, 4, 9);
    Simulation<double> sim({brain}, noisy_spec(), seeds_from(1, kEnvs), arena);
    const auto env = *rc::gen::inRange<std::int64_t>(0, kEnvs);
    operate(sim, env, false);
    sim.surgeon().clear(env);
    Simulation<double> untouched({brain}, noisy_spec(), seeds_from(1, kEnvs), arena);
    untouched.advance_to(sim.time_ms());
    untouched.set_state(sim.state());
    for (Simulation<double>* one : {&sim, &untouched}) one->advance_to(one->time_ms() + 0.5);
    expect_same(sim, untouched);
  }));
}

// Mutation: reset() that leaves a lesion, or starts the noise of the episode elsewhere.
TEST(SurgeonProperty, ResetIsANewEpisode) {
  EXPECT_TRUE(rc::check([] {
    const ThreadArena arena(1);
    const ConnectomePtr brain = testing::uneven_brain(kNeurons, 4, 9);
    Simulation<double> sim({brain}, noisy_spec(), seeds_from(1, kEnvs), arena);
    const auto env = *rc::gen::inRange<std::int64_t>(0, kEnvs);
    operate(sim, env, true);
    sim.reset(env, 77);
    sim.advance_to(sim.time_ms() + 0.5);
    Simulation<double> fresh({brain}, noisy_spec(), {77}, arena);
    fresh.advance_to(0.5);
    RC_ASSERT(column(sim.state(), env) == column(fresh.state(), 0));
  }));
}

}  // namespace
}  // namespace noesis

// Surgery leaves no trace once it is ended, whatever was done.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <vector>

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

// A copy that takes over what is listed, and everything where nothing is, is the drive; where there
// is a list, no other array has changed. Mutations: a value that is not listed, a list that goes on
// after a silence, one that begins too late when it was full.
TEST(SurgeonProperty, ListsWhatHasChangedOfTheDrive) {
  bool was_listed = false, was_not = false;
  EXPECT_TRUE(rc::check([&] {
    const BatchShape shape = {
        .num_envs = kEnvs, .num_components = 2, .num_neurons = kNeurons, .tile_width = 8};
    Surgeon<double> surgeon(shape, std::vector<double>(kNeurons, 0.25));
    const std::int64_t size = surgeon.arrays()[0]->size();
    const auto values = [&](const double* array) {
      return array == nullptr ? std::vector<double>() : std::vector<double>(array, array + size);
    };
    const auto others = [&] {
      return std::array{values(surgeon.gain(0)), values(surgeon.transmits(0)),
                        values(surgeon.moves(0)), values(surgeon.level(0))};
    };
    std::vector<double> copy = values(surgeon.drive(0));
    for (int round = *rc::gen::inRange(1, 8); round-- > 0;) {
      const std::uint64_t version = surgeon.version();
      const auto before = others();
      for (int k = *rc::gen::inRange(0, 12); k-- > 0;) {
        const auto env = *rc::gen::inRange<std::int64_t>(0, kEnvs);
        const auto neuron = *rc::gen::inRange<std::int64_t>(0, kNeurons);
        const double value = 0.5 * *rc::gen::inRange(0, 4);
        switch (*rc::gen::inRange(0, 24)) {
          case 0:
            surgeon.silence(env, neuron, value > 0);
            break;
          case 1:
            surgeon.clamp(env, neuron, value);
            break;
          case 2:
            surgeon.set_gain(env, neuron, value);
            break;
          case 3:
            surgeon.clear(env);
            break;
          case 4:
            surgeon.reset(env);
            break;
          case 5:
            surgeon.set_bias(env, neuron, value);
            break;
          default:
            surgeon.set_current(env, neuron, value);
            break;
        }
      }
      if (const auto changed = surgeon.driven_since(version)) {
        was_listed = was_listed || !changed->empty();
        for (const std::int64_t at : *changed)
          copy[static_cast<std::size_t>(at)] = surgeon.drive(0)[at];
        RC_ASSERT(before == others());
      } else {
        was_not = true;
        copy = values(surgeon.drive(0));
      }
      RC_ASSERT(copy == values(surgeon.drive(0)));
    }
  }));
  EXPECT_TRUE(was_listed && was_not);
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

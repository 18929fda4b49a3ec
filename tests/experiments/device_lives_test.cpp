// Experiments whose brains are on a device, emulated on the host: the results of the processor, to
// the last bit.

#include <gtest/gtest.h>

#include <cmath>

#include "gpu/backends.hpp"
#include "physics/backend.hpp"
#include "physics/discovery/experiment.hpp"
#include "physics/subject.hpp"
#include "runners/experiments/flaw.hpp"
#include "runners/experiments/growth.hpp"
#include "runners/experiments/life.hpp"
#include "runners/experiments/tape_brain.hpp"
#include "runners/jobs/run_options.hpp"

namespace noesis {
namespace {

const auto kNoProgress = [](double) {};

/// A factory of devices that counts what it makes.
BackendFactory<double> devices(int& made) {
  return [&made](const BackendRequest<double>& request) {
    ++made;
    return emulated::kind<double>().make(request);
  };
}

// Mutations: a factory that is not handed on, teaching that is put there once only.
TEST(DeviceLives, LearnsAndSleepsAsOnTheProcessor) {
  for (const char* learner : {"hebbian-decay", "delta"}) {
    LifeSpec spec;
    spec.learner = learner;
    spec.life_steps = 400;
    spec.task_steps = 50;
    spec.num_neurons = 12;
    spec.num_inputs = 6;
    spec.num_outputs = 2;
    spec.sleep.trigger = "schedule";
    spec.sleep.interval_steps = 100;
    spec.sleep.refractory_steps = 50;
    spec.sleep.replay_steps = 20;
    int made = 0;
    const auto here = live(spec, 1, 0, kNoProgress);
    const auto there = live(spec, 1, 0, kNoProgress, devices(made));
    ASSERT_TRUE(here && there);
    EXPECT_EQ(made, 1);
    EXPECT_GT(here->num_sleeps, 1);
    EXPECT_EQ(to_json(here->curves), to_json(there->curves));
    EXPECT_EQ(here->last_loss, there->last_loss);
    EXPECT_EQ(here->forgetting, there->forgetting);
  }
}

// Births, arousal, homeostasis; and a look whose brain is frozen.
TEST(DeviceLives, GrowsAsOnTheProcessor) {
  for (const char* model : {"rate", "wilson_cowan"}) {
    GrowthSpec spec;
    spec.model = model;
    spec.sizes = {5, 9, 14};
    spec.birth_interval_ms = 100;
    spec.stimulus_interval_ms = 200;
    spec.settle_ms = 300;
    spec.look_ms = 300;
    spec.exponent_tau = 50;
    int made = 0;
    const auto here = grow(spec, 3, kNoProgress);
    const auto there = grow(spec, 3, kNoProgress, devices(made));
    ASSERT_TRUE(here && there);
    EXPECT_EQ(made, 6);  // three sizes, and three looks
    ASSERT_EQ(here->size(), there->size());
    for (std::size_t k = 0; k < here->size(); ++k) {
      EXPECT_EQ((*here)[k].verdict, (*there)[k].verdict);
      EXPECT_EQ((*here)[k].seizing_fraction, (*there)[k].seizing_fraction);
      EXPECT_EQ(to_json((*here)[k].look), to_json((*there)[k].look));
    }
  }
}

TEST(DeviceLives, HearsATapeAsOnTheProcessor) {
  const ThreadArena arena(1);
  TapeBrainSpec spec;
  spec.neurogenesis.max_neurons = 9;
  spec.neurogenesis.refractory_ms = 200;
  spec.neurogenesis.error_tau_ms = 20;
  spec.neurogenesis.persistence_ms = 0;
  spec.neurogenesis.threshold = 0.05;
  for (const auto kind :
       {TapeBrainKind::kGrown, TapeBrainKind::kFixed, TapeBrainKind::kEchoState}) {
    int made = 0;
    TapeBrain here(kind, 8, spec, 5, arena), there(kind, 8, spec, 5, arena, devices(made));
    EXPECT_EQ(made, 1);
    for (int t = 0; t < 300; ++t) {
      // Ever faster, so that there is always something that cannot be predicted.
      const double value = std::sin(0.02 * t * t), next = std::sin(0.02 * (t + 1) * (t + 1));
      ASSERT_EQ(here.hear(value, next, 0.3), there.hear(value, next, 0.3)) << t;
    }
    EXPECT_EQ(here.num_neurons(), there.num_neurons());
    EXPECT_EQ(here.num_born() > 0, kind == TapeBrainKind::kGrown);
  }
}

// What the main job does with a subject: processes, and experiments in discovery.
TEST(DeviceLives, IsProbedAsOnTheProcessor) {
  const ThreadArena arena(1);
  const Subject here = make_subject("reference-10", 4);
  int made = 0;
  Subject there = here;
  there.make_backend = devices(made);
  const auto record_of = [&](const Subject& subject) {
    const auto process = make_process(subject, arena, 0.02);
    Process::State state = process->start(7);
    std::vector<double> observed = record(*process, state, 30);
    std::vector<Process::State> states(3, state);
    std::vector<double> inputs(30), observations(30);
    for (std::size_t k = 0; k < inputs.size(); ++k) inputs[k] = 0.1 * static_cast<double>(k % 4);
    process->step(states, inputs, observations);
    observed.insert(observed.end(), observations.begin(), observations.end());
    return observed;
  };
  EXPECT_EQ(record_of(here), record_of(there));
  EXPECT_EQ(made, 3);  // the start, batches of one and of three
  for (const char* policy : {"active", "twin"}) {
    const ExperimentSpec spec = {.policy = policy, .budget = 40, .noise = 0.01, .seed = 3};
    const Dataset a = gather(here, spec), b = gather(there, spec);
    EXPECT_EQ(a.e_after.values, b.e_after.values);
    EXPECT_EQ(a.i_after.values, b.i_after.values);
  }
  EXPECT_EQ(made, 5);
}

// A run that was interrupted may go on elsewhere.
TEST(DeviceLives, BackendIsNoPartOfTheResult) {
  FlawConfig config;
  const std::string digest = result_digest(config);
  config.backend = "cuda";
  EXPECT_EQ(result_digest(config), digest);
  config.seed = 1;
  EXPECT_NE(result_digest(config), digest);
}

}  // namespace
}  // namespace noesis

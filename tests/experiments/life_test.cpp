// Lives of dense brains: the tape, the learners, sleep, and what is measured.

#include "runners/experiments/life.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "runners/experiments/life_sleep.hpp"
#include "runners/experiments/lifelong_brain.hpp"
#include "runners/experiments/task_stream.hpp"

namespace noesis {
namespace {

const auto kNoProgress = [](double) {};

LifeSpec small_life(const std::string& learner, std::int64_t steps = 4000) {
  LifeSpec spec;
  spec.life_steps = steps;
  spec.num_neurons = 32;
  spec.learner = learner;
  return spec;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

// Mutations: noise added to the patterns of tests; the task does not change with the step.
TEST(TaskStream, ShowsThePatternsOfTheTask) {
  LifeSpec spec = small_life("none");
  spec.input_noise = 0;
  const TaskStream tape(spec, 7);
  std::set<std::int64_t> seen;
  for (std::int64_t step = spec.task_steps; step < 2 * spec.task_steps; ++step) {
    const Sample sample = tape.at(step);
    for (std::int64_t k = 0; k < spec.patterns_per_task; ++k) {
      if (sample.input == tape.pattern(1, k).input) {
        EXPECT_EQ(sample.target, tape.pattern(1, k).target);
        seen.insert(k);
      }
    }
  }
  EXPECT_EQ(std::ssize(seen), spec.patterns_per_task);
  EXPECT_NE(tape.pattern(1, 0).input, tape.pattern(2, 0).input);
  EXPECT_NE(TaskStream(spec, 8).pattern(1, 0).input, tape.pattern(1, 0).input);
}

// A delta rule masters a task, Hebb's rule overshoots what it has seen too often, and a brain that
// learns nothing predicts 0: loss 1. Mutations: targets and predictions exchanged; tests that
// learn.
TEST(LifelongBrain, LearnersDoWhatTheyAreNamedFor) {
  const ThreadArena arena(1);
  const auto loss_after = [&](const std::string& learner, std::int64_t steps) {
    LifeSpec spec = small_life(learner);
    spec.task_steps = 100'000;  // one task
    const TaskStream tape(spec, 3);
    LifelongBrain brain(spec, 3, arena);
    for (std::int64_t step = 0; step < steps; ++step) brain.learn(tape.at(step));
    std::vector<Sample> patterns;
    for (std::int64_t k = 0; k < spec.patterns_per_task; ++k)
      patterns.push_back(tape.pattern(0, k));
    const double norm = brain.weight_norm();
    const double loss = mean(brain.test(patterns));
    EXPECT_EQ(brain.weight_norm(), norm) << "a test must not learn";
    EXPECT_EQ(mean(brain.test(patterns)), loss) << "a test must leave no trace";
    return loss;
  };
  const double silent = loss_after("none", 100);
  EXPECT_GT(silent, 0.5);
  EXPECT_LT(silent, 2);
  EXPECT_LT(loss_after("delta", 3000), 0.2 * silent);
  EXPECT_GT(loss_after("hebbian", 20'000), 10 * silent);
  EXPECT_LT(loss_after("hebbian-decay", 20'000), 5 * silent);
}

TEST(LifelongBrain, EffectiveRankCountsDirections) {
  const ThreadArena arena(1);
  LifeSpec spec = small_life("none");
  LifelongBrain brain(spec, 1, arena);
  EXPECT_GT(brain.effective_rank(), 0.5 * 32);
  brain.simulation().edit_connectome(0, [](PlasticConnectome& connectome) {
    for (std::int64_t i = 0; i < 32; ++i) {
      for (float& weight : connectome.row_weights(i)) weight = 1;  // 11' - I: 31 and 31 times -1
    }
  });
  double entropy = -0.5 * std::log(0.5);
  entropy += -31 * (0.5 / 31) * std::log(0.5 / 31);
  EXPECT_NEAR(brain.effective_rank(), std::exp(entropy), 1e-6);
}

// Mutations: load without saturation; a trigger that ignores its threshold or the least time awake.
TEST(SleepTrigger, LoadAndSchedule) {
  CognitiveLoad load;
  const std::vector<double> calm(10, 0.1), saturated(10, 0.99);
  for (int n = 0; n < 1000; ++n) load.observe(0.3, calm);
  EXPECT_NEAR(load.value(), 0.3, 0.01);
  for (int n = 0; n < 1000; ++n) load.observe(0.3, saturated);
  EXPECT_NEAR(load.value(), 2, 0.01);
  const auto nights = [](LifeSleepSpec spec, double value) {
    SleepTrigger trigger(spec);
    int count = 0;
    for (int n = 0; n < 1000; ++n) count += trigger.sleeps(value);
    return count;
  };
  LifeSleepSpec spec{.trigger = "load", .load_threshold = 1, .refractory_steps = 100};
  EXPECT_EQ(nights(spec, 0.9), 0);
  EXPECT_EQ(nights(spec, 1.1), 10);
  spec.trigger = "schedule";
  spec.interval_steps = 250;
  EXPECT_EQ(nights(spec, 9), 4);
  spec.trigger = "never";
  EXPECT_EQ(nights(spec, 9), 0);
}

// Reservoir sampling: every step of the life is equally likely to be remembered. Mutation: the
// newest always enters.
TEST(EpisodicMemory, RemembersEvenly) {
  int early = 0, total = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EpisodicMemory memory(20, seed);
    for (int step = 0; step < 1000; ++step) memory.store({{double(step)}, {}});
    ASSERT_EQ(memory.samples().size(), 20u);
    for (const Sample& sample : memory.samples()) {
      early += sample.input[0] < 500;
      ++total;
    }
  }
  EXPECT_NEAR(double(early) / total, 0.5, 0.05);  // 1,000 of them: sd 0.016
}

std::vector<float> weights_of(LifelongBrain& brain) {
  std::vector<float> weights;
  for (const Synapse& edge : brain.simulation().plastic_connectome(0).edges()) {
    weights.push_back(edge.weight);
  }
  return weights;
}

// Each part of sleep by itself. Mutations: the strongest are pruned; weights are scaled twice; the
// pruned do not grow again.
TEST(Sleep, EachPartDoesItsOwn) {
  const ThreadArena arena(1);
  const auto night = [&](LifeSleepSpec sleep_spec, std::vector<float>* before) {
    LifeSpec spec = small_life("hebbian");
    spec.sleep = sleep_spec;
    const TaskStream tape(spec, 5);
    LifelongBrain brain(spec, 5, arena);
    EpisodicMemory memory(10, 5);
    for (std::int64_t step = 0; step < 50; ++step) {
      brain.learn(tape.at(step));
      memory.store(tape.at(step));
    }
    *before = weights_of(brain);
    const std::int64_t pruned = sleep(brain, memory, 5, 0);
    const std::vector<float> after = weights_of(brain);
    EXPECT_EQ(after.size(), before->size());
    return std::pair{after, pruned};
  };
  std::vector<float> before;
  LifeSleepSpec decay{.decays = true, .kept = 0.25, .prunes = false, .replays = false};
  auto [after, pruned] = night(decay, &before);
  EXPECT_EQ(pruned, 0);
  for (std::size_t k = 0; k < after.size(); ++k) ASSERT_EQ(after[k], 0.25f * before[k]);

  LifeSleepSpec prune{.decays = false, .prunes = true, .pruned_fraction = 0.3, .replays = false};
  std::tie(after, pruned) = night(prune, &before);
  EXPECT_NEAR(double(pruned) / double(before.size()), 0.3, 0.01);
  float weakest_kept = INFINITY, strongest_gone = 0;
  for (std::size_t k = 0; k < after.size(); ++k) {
    if (after[k] != 0) {
      ASSERT_EQ(after[k], before[k]);
      weakest_kept = std::min(weakest_kept, std::abs(before[k]));
    } else {
      strongest_gone = std::max(strongest_gone, std::abs(before[k]));
    }
  }
  EXPECT_LE(strongest_gone, weakest_kept);

  prune.pruned = "random";
  std::tie(after, pruned) = night(prune, &before);
  EXPECT_NEAR(double(pruned) / double(before.size()), 0.3, 0.05);
  float strongest = 0;
  for (const float weight : before) strongest = std::max(strongest, std::abs(weight));
  double gone = 0;
  for (std::size_t k = 0; k < after.size(); ++k) {
    if (after[k] == 0) gone = std::max<double>(gone, std::abs(before[k]));
  }
  EXPECT_GT(gone, 0.5 * strongest);  // strong ones go too

  LifeSleepSpec replay{.decays = false, .prunes = false, .replays = true, .replay_steps = 5};
  std::tie(after, pruned) = night(replay, &before);
  EXPECT_NE(after, before);
}

// The flaw and its cure in small: without sleep the loss of Hebb's rule grows without bound, with
// it it does not, and a brain that learns nothing stays where it is. Mutations: sleep does nothing;
// the newborn inherits weights; loss measured after learning.
TEST(Life, HebbExplodesAndSleepPreventsIt) {
  LifeSpec spec = small_life("hebbian", 20'000);
  const auto awake = live(spec, 1, 0, kNoProgress);
  const auto newborn = live(spec, 1, 18'000, kNoProgress);
  spec.sleep.trigger = "schedule";
  const auto slept = live(spec, 1, 0, kNoProgress);
  const auto idle = live(small_life("none", 20'000), 1, 0, kNoProgress);
  ASSERT_TRUE(awake && slept && newborn && idle);
  EXPECT_GT(awake->last_loss / awake->first_loss, 3);
  EXPECT_LT(newborn->last_loss, awake->last_loss / 3);
  EXPECT_GT(awake->norm_slope, 0.1);
  EXPECT_TRUE(awake->died_at);
  EXPECT_EQ(awake->num_sleeps, 0);
  EXPECT_LT(slept->last_loss, awake->last_loss / 3);
  EXPECT_EQ(slept->num_sleeps, 40);
  EXPECT_FALSE(slept->died_at);
  EXPECT_NEAR(idle->last_loss / idle->first_loss, 1, 0.3);
  EXPECT_NEAR(idle->norm_slope, 0, 1e-9);
  EXPECT_EQ(std::ssize(awake->curves.loss), 100);
  EXPECT_EQ(awake->curves.step.back(), 20'000);
}

// A brain whose state is no longer finite is dead for the rest of its life, and the run goes on.
// Mutation: the error ends the experiment; the cap is left out.
TEST(Life, OutlivesABlowUp) {
  LifeSpec spec = small_life("hebbian", 1000);
  spec.hebbian_rate = 1e38;
  const auto life = live(spec, 1, 0, kNoProgress);
  ASSERT_TRUE(life);
  EXPECT_EQ(std::ssize(life->curves.loss), 100);
  EXPECT_EQ(life->curves.loss.back(), kMostLoss);
  EXPECT_EQ(life->last_loss, kMostLoss);
  EXPECT_TRUE(std::isnan(life->curves.norm.back()));
  EXPECT_TRUE(life->died_at);
}

// Same seed, same bits; another seed, other ones.
TEST(Life, IsAFunctionOfItsSeed) {
  LifeSpec spec = small_life("delta", 1000);
  spec.sleep.trigger = "load";
  const auto one = live(spec, 1, 0, kNoProgress);
  EXPECT_EQ(to_json(one->curves), to_json(live(spec, 1, 0, kNoProgress)->curves));
  EXPECT_NE(to_json(one->curves), to_json(live(spec, 2, 0, kNoProgress)->curves));
}

}  // namespace
}  // namespace noesis

#pragma once
/// Configuration of a life: a dense brain, a stream of tasks, how it learns, and how it sleeps.

#include <cstdint>
#include <string>

#include "core/config.hpp"

namespace noesis {

/// The `[sleep]` section: when the brain sleeps, and what sleep does.
struct LifeSleepSpec {
  std::string trigger = "never";
  double load_threshold = 1;
  std::int64_t interval_steps = 500;
  std::int64_t refractory_steps = 100;
  bool decays = true;
  double kept = 0.2;
  bool prunes = true;
  std::string pruned = "weakest";
  double pruned_fraction = 0.3;
  bool replays = true;
  std::int64_t replay_steps = 200;
  std::int64_t memory = 40;

  template <class V>
  void visit(V& v) {
    v("trigger", trigger, "When the brain falls asleep", one_of({"never", "load", "schedule"}));
    v("load_threshold", load_threshold, "Cognitive load that trigger = \"load\" sleeps at",
      greater_than(0));
    v("interval_steps", interval_steps, "Steps awake that trigger = \"schedule\" sleeps after",
      at_least(1));
    v("refractory_steps", refractory_steps, "Least steps awake between two sleeps", at_least(1));
    v("decays", decays, "Sleep scales every weight down");
    v("kept", kept, "Part of every weight that is kept", between(0, 1));
    v("prunes", prunes, "Sleep prunes; silent synapses grow in the places by morning");
    v("pruned", pruned, "Which synapses are pruned", one_of({"weakest", "random"}));
    v("pruned_fraction", pruned_fraction, "Part of the synapses that is pruned", between(0, 1));
    v("replays", replays, "Sleep relearns remembered samples");
    v("replay_steps", replay_steps, "Samples relearnt in a sleep", at_least(1));
    v("memory", memory, "Samples remembered, drawn evenly from the life so far", at_least(1));
  }
};

/// One life. A step of the tape is 3 time constants of a neuron.
struct LifeSpec {
  std::int64_t life_steps = 200'000;
  std::int64_t task_steps = 500;
  std::int64_t patterns_per_task = 10;
  std::int64_t num_inputs = 32;
  std::int64_t num_outputs = 4;
  double input_noise = 0.1;
  std::int64_t num_neurons = 64;
  double recurrent_gain = 0.8;
  std::string learner = "hebbian";
  double hebbian_rate = 0.001;
  double decay = 0.002;
  double delta_rate = 0.5;
  double recurrent_fraction = 0.01;
  LifeSleepSpec sleep;

  template <class V>
  void visit(V& v) {
    v("life_steps", life_steps, "Steps of the tape", at_least(100));
    v("task_steps", task_steps, "Steps of a task", at_least(10));
    v("patterns_per_task", patterns_per_task, "Pairs of input and target in a task", at_least(1));
    v("num_inputs", num_inputs, "Values of an input", at_least(1));
    v("num_outputs", num_outputs, "Values of a target, an output neuron each", at_least(1));
    v("input_noise", input_noise, "Standard deviation added to inputs of deviation 1", at_least(0));
    v("num_neurons", num_neurons, "Recurrent neurons, all connected with all", at_least(2));
    v("recurrent_gain", recurrent_gain, "Gain g of the weights N(0, g^2 / N) at birth",
      at_least(0));
    v("learner", learner, "Rule of all synapses",
      one_of({"hebbian", "hebbian-decay", "delta", "none"}));
    v("hebbian_rate", hebbian_rate, "Learning rate of Hebb's rule, with and without decay",
      greater_than(0));
    v("decay", decay, "Part of a weight lost in a step by learner = \"hebbian-decay\"",
      between(0, 1));
    v("delta_rate", delta_rate, "Part of an error that the delta rule corrects in a step, below 2",
      between(0, 2));
    v("recurrent_fraction", recurrent_fraction,
      "Learning rate of recurrent synapses over that of output synapses", at_least(0));
    v.section("sleep", sleep);
  }
};

}  // namespace noesis

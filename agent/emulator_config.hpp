#pragma once
/// How an emulator is made and trained.

#include <cstdint>
#include <string>
#include <vector>

#include "agent/agent_config.hpp"

namespace noesis {

/// One phase of training: `updates` gradient steps on `batch` pieces of tape, each `washout`
/// samples that are heard and `sequence` samples that are predicted.
struct EmulatorPhase {
  std::int64_t updates = 1000;
  std::int64_t sequence = 50;
  std::int64_t batch = 32;
  double lr_from = 0.003;
  double lr_to = 0.001;
  double noise = 0;
  double teacher_forcing = 1;
  bool plastic = false;

  template <class V>
  void visit(V& v) {
    v("updates", updates, "Gradient steps", at_least(0));
    v("sequence", sequence, "Samples that are predicted in a row", between(1, 100'000));
    v("batch", batch, "Sequences a step", between(1, 65536));
    v("lr_from", lr_from, "Learning rate at the beginning", greater_than(0));
    v("lr_to", lr_to, "Learning rate at the end; geometric between", greater_than(0));
    v("noise", noise, "Noise on what is heard [sd of a unit]", at_least(0));
    v("teacher_forcing", teacher_forcing,
      "Share of the truth in what the next prediction starts from; 0: free run", between(0, 1));
    v("plastic", plastic, "The fast parts adapt during training, too");
  }
};

struct EmulatorConfig {
  AgentConfig agent;
  std::int64_t bottleneck = 0;
  double input_unit = 0;
  bool scale_increments = true;
  std::int64_t washout = 50;
  std::int64_t start_washout = 200;
  double weight_decay = 0;
  double grad_clip = 1;
  double clip = 0;
  double time_budget_s = 0;
  std::vector<EmulatorPhase> phases = {EmulatorPhase()};

  EmulatorConfig() { agent.encoder_size = 0; }

  template <class V>
  void visit(V& v) {
    v.section("agent", agent);
    v("bottleneck", bottleneck,
      "Numbers that an observation is squeezed into (principal components); 0, or as many as there "
      "are units: all of it",
      between(0, 65536));
    v("input_unit", input_unit, "Unit of the inputs; 0: the largest on the tape", at_least(0));
    v("scale_increments", scale_increments,
      "Predict and weigh increments in units of their standard deviation");
    v("washout", washout, "Samples heard before a training sequence", between(0, 100'000));
    v("start_washout", start_washout, "Samples heard before a free run", between(1, 1'000'000));
    v("weight_decay", weight_decay, "Decoupled weight decay [1/step]", at_least(0));
    v("grad_clip", grad_clip, "Largest norm of a gradient", greater_than(0));
    v("clip", clip, "Bound of the free-running code [largest on the tape]; 0: none", at_least(0));
    v("time_budget_s", time_budget_s, "Training stops after [s], and says so; 0: never",
      at_least(0));
    v.list("phases", phases, "Training, phase by phase");
  }
};

}  // namespace noesis

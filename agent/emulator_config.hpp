#pragma once
/// How an emulator is made and trained.

#include <cstdint>
#include <string>
#include <vector>

#include "agent/agent_config.hpp"

namespace noesis {

/// One phase of training: `updates` gradient steps on `batch` pieces of tape. Of each piece,
/// `heard` samples are heard and the next of each predicted; then `free` samples follow, each
/// predicted from the prediction before it. The loss is the mean squared error of the former (in
/// units of the increments' deviation, if scale_increments) and of the latter (in units of the
/// deviation), weighted.
///
/// Pieces lie anywhere on the tape and begin with a fresh agent, or (`carried`) the tape is cut
/// into `batch` equal streams, and each update goes on where the one before it stopped, with the
/// agent's state: long memory from short pieces (truncated backpropagation through time).
struct EmulatorPhase {
  std::int64_t updates = 1500;
  std::int64_t heard = 12;
  std::int64_t free = 0;
  std::int64_t batch = 120;
  double lr_from = 0.01;
  double lr_to = 0.0003;
  double noise = 0;
  double weight_heard = 1;
  double weight_free = 1;
  double teacher_forcing = 0;
  bool robust = false;
  bool carried = true;
  bool plastic = false;

  template <class V>
  void visit(V& v) {
    v("updates", updates, "Gradient steps", at_least(0));
    v("heard", heard, "Samples that are heard in a row", between(1, 100'000));
    v("free", free, "Samples that are predicted from predictions", between(0, 100'000));
    v("batch", batch, "Pieces a step", between(1, 65536));
    v("lr_from", lr_from, "Learning rate at the beginning", greater_than(0));
    v("lr_to", lr_to, "Learning rate at the end; geometric between", greater_than(0));
    v("noise", noise,
      "Noise on what is heard [sd of a unit, or of its increments if scale_increments]",
      at_least(0));
    v("weight_heard", weight_heard, "Weight of the error after what was heard", at_least(0));
    v("weight_free", weight_free, "Weight of the error in the free run", at_least(0));
    v("teacher_forcing", teacher_forcing,
      "Share of the truth in what a free prediction starts from (generalised teacher forcing)",
      between(0, 1));
    v("robust", robust, "Free errors beyond 1 sd count as they are, not squared (pseudo-Huber)");
    v("carried", carried, "Pieces follow each other, and the agent's state is carried on");
    v("plastic", plastic, "The fast parts adapt during training, too");
  }
};

struct EmulatorConfig {
  AgentConfig agent;
  std::int64_t bottleneck = 0;
  double input_unit = 0;
  bool scale_increments = true;
  std::string optimizer = "soap";
  std::int64_t washout = 8;
  std::int64_t start_washout = 200;
  double weight_decay = 0;
  double grad_clip = 1;
  double clip = 0.3;
  double time_budget_s = 0;
  std::vector<EmulatorPhase> phases;

  /// Phases found on the 10-node reference brain: hear, then also run free for a while, with all
  /// that adapts.
  EmulatorConfig() {
    EmulatorPhase hear;
    hear.updates = 1200;
    hear.lr_to = 0.001;
    EmulatorPhase free;
    free.updates = 350;
    free.heard = 8;
    free.free = 16;
    free.lr_from = 0.003;
    free.lr_to = 0.0001;
    free.plastic = true;
    phases = {hear, free};
    agent.encoder_size = 0;
    agent.gru_size = 32;
    agent.gru_memory = 1.5;
  }

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
    v("optimizer", optimizer, "SOAP needs fewer updates, each of them dearer",
      one_of({"soap", "adam"}));
    v("washout", washout, "Samples heard before errors count", between(0, 100'000));
    v("start_washout", start_washout, "Samples heard before a free run", between(1, 1'000'000));
    v("weight_decay", weight_decay, "Decoupled weight decay [1/step]", at_least(0));
    v("grad_clip", grad_clip, "Largest norm of a gradient", greater_than(0));
    v("clip", clip,
      "How far a free-running code may leave its range on the tape [range]; 0: as far as it goes",
      at_least(0));
    v("time_budget_s", time_budget_s, "Training stops after [s], and says so; 0: never",
      at_least(0));
    v.list("phases", phases, "Training, phase by phase");
  }
};

}  // namespace noesis

#pragma once
/// Configuration of `noesis loop`.

#include <cstdint>
#include <string>
#include <vector>

#include "agent/emulator_config.hpp"
#include "core/config.hpp"
#include "runners/loop/phase1_jobs.hpp"
#include "runners/loop/subject_facts.hpp"

namespace noesis {

/// One `[[phase2]]` table: hypotheses about emulators of one subject.
struct EmulationSpec {
  std::string subject = "lorenz63";
  std::vector<std::string> hypotheses = {"slow-core",
                                         "slow-core+fast-cache",
                                         "slow-core+gru",
                                         "slow-core+arousal",
                                         "slow-core+local-bias",
                                         "slow-core+graph",
                                         "all",
                                         "echo-state",
                                         "linear"};
  std::int64_t num_seeds = 3;
  std::int64_t num_samples = 20000;
  double touched_fraction = 0.3;
  EmulatorConfig emulator;

  template <class V>
  void visit(V& v) {
    v("subject", subject, "What is emulated");
    v("hypotheses", hypotheses,
      "slow-core, slow-core+PART, all, all-PART (PART: gru, fast-cache, arousal, local-bias, "
      "graph), "
      "echo-state, linear");
    v("num_seeds", num_seeds, "Trainings of each hypothesis", at_least(1));
    v("num_samples", num_samples, "Samples on the tape that is learned from", at_least(1000));
    v("touched_fraction", touched_fraction, "Part of the tape under a touch", between(0, 0.9));
    v.section("emulator", emulator);
  }
};

struct LoopConfig {
  std::int64_t seed = 0;
  int threads = 0;
  std::string backend = "cpu";
  MeasureSpec measure;
  std::vector<std::string> controls;
  std::vector<DiscoverySpec> phase1;
  std::vector<EmulationSpec> phase2;

  template <class V>
  void visit(V& v) {
    v("seed", seed, "Of everything: brains, starts, touches, trainings", at_least(0));
    v("threads", threads, "Jobs side by side; 0: one a core. Changes no result", at_least(0));
    v("backend", backend,
      "What takes the brains' steps: cpu, cuda, hip, auto (a device, where there is one and they "
      "gain by "
      "it) or workers:N (N processes). Changes no result");
    v("controls", controls, "Subjects whose controls are run");
    v.section("measure", measure);
    v.list("phase1", phase1, "Experiments in causal discovery");
    v.list("phase2", phase2, "Emulation");
  }
};

/// The main job, which a configuration file changes; `quick`: less of everything, all parts there.
LoopConfig default_loop_config(bool quick);

}  // namespace noesis

#include "runners/loop/loop_config.hpp"

namespace noesis {
namespace {

/// Small brains: everything from a passive tape to active pulses and twins.
DiscoverySpec discovery(const std::string& subject, double noise, std::int64_t num_seeds) {
  DiscoverySpec spec;
  spec.subject = subject;
  spec.noise = noise;
  spec.num_seeds = num_seeds;
  if (noise == 0) spec.policies.push_back("twin");
  return spec;
}

/// The worm: one twin intervention on every neuron, beside a passive tape of equal length.
DiscoverySpec worm_discovery(std::int64_t num_seeds) {
  DiscoverySpec spec;
  spec.subject = "celegans";
  spec.policies = {"passive", "twin"};
  spec.estimators = {"lagged_correlation", "var1"};
  spec.budget = 604;
  spec.num_seeds = num_seeds;
  return spec;
}

/// All of the state is observed: three numbers and no memory are enough.
EmulationSpec lorenz_emulation(std::int64_t num_seeds) {
  EmulationSpec spec;
  spec.subject = "lorenz63";
  spec.num_seeds = num_seeds;
  return spec;
}

/// Half of the state is hidden (the inhibitory rates): memory is needed, and a longer tape.
EmulationSpec brain_emulation(std::int64_t num_seeds) {
  EmulationSpec spec;
  spec.subject = "reference-10";
  spec.num_samples = 40000;
  spec.num_seeds = num_seeds;
  return spec;
}

/// Codes around a subject's Kaplan-Yorke dimension, and far below.
EmulationSpec squeezed(EmulationSpec spec, std::int64_t bottleneck) {
  spec.hypotheses = {"slow-core+gru"};
  spec.emulator.bottleneck = bottleneck;
  spec.num_seeds = std::min<std::int64_t>(spec.num_seeds, 2);
  return spec;
}

/// The hardest: its dimension is above 100.
EmulationSpec worm_emulation() {
  EmulationSpec spec;
  spec.subject = "celegans";
  spec.hypotheses = {"slow-core", "slow-core+gru", "all", "echo-state", "linear"};
  spec.num_seeds = 1;
  return spec;
}

}  // namespace

LoopConfig default_loop_config(bool quick) {
  LoopConfig config;
  if (quick) {
    config.measure.whole_spectrum = false;
    config.controls = {"reference-10", "lorenz63"};
    config.phase1 = {discovery("reference-20", 0, 3)};
    EmulationSpec lorenz = lorenz_emulation(1);
    lorenz.hypotheses = {"slow-core", "echo-state", "linear"};
    config.phase2 = {lorenz};
    return config;
  }
  config.controls = {"celegans", "reference-50", "lorenz63"};
  // With 600 samples and no noise every policy identifies everything: 40 tell policies apart.
  DiscoverySpec few = discovery("reference-20", 0, 10);
  few.budget = 40;
  config.phase1 = {discovery("reference-20", 0, 10), few, discovery("reference-20", 0.02, 10),
                   worm_discovery(3)};
  const EmulationSpec lorenz = lorenz_emulation(3), brain = brain_emulation(3);
  config.phase2 = {lorenz,
                   squeezed(lorenz, 1),
                   squeezed(lorenz, 2),
                   brain,
                   squeezed(brain, 2),
                   squeezed(brain, 4),
                   squeezed(brain, 7),
                   worm_emulation()};
  return config;
}

}  // namespace noesis

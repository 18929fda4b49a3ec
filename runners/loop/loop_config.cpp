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

EmulationSpec emulation(const std::string& subject, std::int64_t num_seeds) {
  EmulationSpec spec;
  spec.subject = subject;
  spec.num_seeds = num_seeds;
  return spec;
}

}  // namespace

LoopConfig default_loop_config(bool quick) {
  LoopConfig config;
  if (quick) {
    config.measure.whole_spectrum = false;
    config.controls = {"reference-10", "lorenz63"};
    config.phase1 = {discovery("reference-20", 0, 3)};
    EmulationSpec lorenz = emulation("lorenz63", 1);
    lorenz.hypotheses = {"slow-core", "echo-state", "linear"};
    config.phase2 = {lorenz};
    return config;
  }
  config.controls = {"celegans", "reference-50", "lorenz63"};
  config.phase1 = {discovery("reference-20", 0, 10), discovery("reference-20", 0.02, 10),
                   worm_discovery(3)};
  config.phase2 = {emulation("lorenz63", 3), emulation("reference-10", 3),
                   emulation("celegans", 1)};
  return config;
}

}  // namespace noesis

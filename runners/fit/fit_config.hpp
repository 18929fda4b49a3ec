#pragma once
/// Configuration of `noesis fit`.

#include <cstdint>
#include <string>
#include <vector>

#include "agent/weight_fit_config.hpp"
#include "core/config.hpp"
#include "physics/connectome_spec.hpp"
#include "physics/simulation.hpp"

namespace noesis {

/// One brain whose weights are fitted: planted here and recorded, or recorded by `noesis simulate`.
struct FitBrainSpec {
  std::string name = "brain";
  std::string recording;
  ConnectomeSpec connectome;
  BrainSpec brain;
  std::int64_t num_envs = 1;
  double transient_ms = 0;
  double interval_ms = 2;
  bool all_components = true;
  double excitation = 0;
  double observation_noise = 0;
  std::vector<std::int64_t> samples = {100};
  std::int64_t held_out = 50;
  double recovered_error = 0.1;
  WeightFitConfig fit;

  template <class V>
  void visit(V& v) {
    v("name", name, "Name in tables: letters, digits, - and _");
    v("recording", recording,
      "HDF5 recording of `noesis simulate`, all neurons; its brain is the default of the keys "
      "below. \"\": the brain below is simulated and recorded");
    if (v.reading() && !recording.empty()) take_from_recording();
    v.section("connectome", connectome);
    brain.visit(v);
    if (recording.empty()) {
      v("num_envs", num_envs, "Recordings of the brain, from starts of their own",
        between(1, 1'000'000));
      v("transient_ms", transient_ms, "Time before the first sample [ms]", at_least(0));
      v("interval_ms", interval_ms, "Time between samples [ms]", greater_than(0));
      v("all_components", all_components, "Record every state variable, not only the first");
      v("excitation", excitation,
        "Currents while it is recorded: uniform up to this on every neuron, new each interval",
        at_least(0));
    }
    v("observation_noise", observation_noise,
      "Standard deviation of noise added to the samples, over that of each neuron", at_least(0));
    v("samples", samples, "Lengths of data to fit, ascending [samples of each recording]",
      at_least(2));
    v("held_out", held_out, "Samples after the longest, to predict", at_least(0));
    v("recovered_error", recovered_error,
      "Weights count as recovered below this relative error, for the controls", greater_than(0));
    v.section("fit", fit);
  }

  /// Connectome, model, drive, integrator and environments of the recording's own configuration.
  /// @throws ConfigError for a file that is no recording of `noesis simulate`.
  void take_from_recording();
};

struct FitConfig {
  std::int64_t seed = 0;
  std::int64_t seeds = 1;
  int threads = 0;
  bool controls = true;
  std::vector<FitBrainSpec> brains;

  template <class V>
  void visit(V& v) {
    v("seed", seed, "Seed of starts, noise and controls", at_least(0));
    v("seeds", seeds, "Fits of each kind: other wiring (of generators), starts and noise",
      between(1, 10'000));
    v("threads", threads, "Threads; 0: all (no result depends on it)", between(0, 4096));
    v("controls", controls, "Also fit activity and wiring that must not give the weights");
    v.list("brains", brains, "Brains whose weights are fitted");
  }
};

/// What visit() cannot know. @throws ConfigError naming the key.
void check_fit_config(const FitConfig& config);

}  // namespace noesis

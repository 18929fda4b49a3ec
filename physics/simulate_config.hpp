#pragma once
/// Configuration of `noesis simulate`, and of simulations in Python.

#include <cstdint>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "physics/connectome_spec.hpp"
#include "physics/simulation.hpp"

namespace noesis {

/// One intervention from start to stop; a lesion lasts to the end.
struct StimulusSpec {
  std::string kind = "current";
  std::vector<std::string> neurons;
  std::vector<std::int64_t> environments;
  double value = 0;
  double start_ms = 0;
  double stop_ms = 0;

  template <class V>
  void visit(V& v) {
    v("kind", kind, "Intervention", one_of({"current", "silence", "clamp", "lesion", "error"}));
    v("neurons", neurons, "Names or ids of the neurons; empty: all");
    v("environments", environments, "Environments; empty: all");
    v("value", value, "Current, level of a clamp, or error that drives neurogenesis");
    v("start_ms", start_ms, "Beginning [ms]", at_least(0));
    v("stop_ms", stop_ms, "End [ms] (no matter for a lesion)", at_least(0));
  }
};

struct RecordSpec {
  double start_ms = 0;
  double interval_ms = 1;
  std::vector<std::string> neurons;
  std::int64_t sample_neurons = 0;
  bool all_components = false;

  template <class V>
  void visit(V& v) {
    v("start_ms", start_ms, "First sample [ms]", at_least(0));
    v("interval_ms", interval_ms, "Time between samples [ms]", greater_than(0));
    v("neurons", neurons, "Names or ids of the neurons; empty: all");
    v("sample_neurons", sample_neurons, "With neurons empty: so many, evenly spread; 0: all",
      at_least(0));
    v("all_components", all_components, "Record every state variable, not only the first");
  }
};

struct VitalsSpec {
  bool enabled = true;
  bool lyapunov = false;
  double lyapunov_duration_ms = 5000;
  double band_low_hz = 1;
  double band_high_hz = 100;
  bool branching = false;
  bool avalanches = false;
  bool dfa = false;
  bool irasa = false;

  template <class V>
  void visit(V& v) {
    v("enabled", enabled, "Measure activity, synchrony and spectrum of the recording");
    v("lyapunov", lyapunov, "Measure the largest Lyapunov exponent (double precision)");
    v("lyapunov_duration_ms", lyapunov_duration_ms, "Time it is measured over [ms]",
      greater_than(0));
    v("band_low_hz", band_low_hz, "Lower end of the spectral fit [Hz]", greater_than(0));
    v("band_high_hz", band_high_hz, "Upper end of the spectral fit [Hz]", greater_than(0));
    v("branching", branching, "Measure the branching ratio of the mean rate");
    v("avalanches", avalanches, "Measure the avalanches of the mean rate");
    v("dfa", dfa, "Measure the detrended fluctuations of the mean rate");
    v("irasa", irasa, "Measure the exponent of the mean rate by irregular resampling");
  }
};

struct SimulateConfig {
  std::int64_t seed = 0;
  double duration_ms = 1000;
  std::int64_t num_envs = 1;
  std::string batch = "shared";
  std::string precision = "double";
  std::string backend = "auto";
  int threads = 0;
  double checkpoint_interval_s = 300;
  ConnectomeSpec connectome;
  BrainSpec brain;
  std::vector<StimulusSpec> stimulus;
  RecordSpec record;
  VitalsSpec vitals;

  template <class V>
  void visit(V& v) {
    v("seed", seed, "Seed of the first environment; the next ones count up", at_least(0));
    v("duration_ms", duration_ms, "Time to simulate [ms]", greater_than(0));
    v("num_envs", num_envs, "Environments side by side", between(1, 1'000'000));
    v("batch", batch, "One connectome for all environments, or one for each",
      one_of({"shared", "per_env"}));
    v("precision", precision, "Precision of the state", one_of({"double", "float"}));
    v("backend", backend,
      "What takes fixed steps; auto: a device, where there is one and the batch gains by it",
      one_of({"auto", "cpu", "cuda", "hip"}));
    v("threads", threads, "Threads; 0: all (no result depends on it)", between(0, 4096));
    v("checkpoint_interval_s", checkpoint_interval_s,
      "Wall time between checkpoints that --resume goes on from [s] (no result depends on it)",
      greater_than(0));
    v.section("connectome", connectome);
    brain.visit(v);
    v.list("stimulus", stimulus, "Interventions");
    v.section("record", record);
    v.section("vitals", vitals);
  }
};

}  // namespace noesis

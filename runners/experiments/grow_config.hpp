#pragma once
/// Configuration of `noesis grow`.

#include <cstdint>
#include <string>
#include <vector>

#include "core/config.hpp"

namespace noesis {

/// One growth: what kind of brain, what keeps it, how it is looked at. Times are in ms; a neuron
/// has a time constant tau of 10 ms.
struct GrowthSpec {
  std::string model = "rate";
  std::vector<std::int64_t> sizes = {5, 10, 20, 50, 100, 1000, 10000};
  bool homeostasis = true;
  double target_rate = 0.1;
  double rate_tau_ms = 100;
  double bias_speed = 1e-3;
  double scaling_speed = 1e-4;
  bool arousal = true;
  double noise = 0;
  double birth_interval_ms = 1000;
  std::int64_t num_links = 5;
  double mean_weight = 0.6;
  double excitatory_fraction = 1;
  double stimulus = 0.5;
  double stimulus_interval_ms = 2000;
  double settle_ms = 10000;
  double look_ms = 5000;
  double exponent_tau = 300;

  template <class V>
  void visit(V& v) {
    v("model", model, "Neurons: rate (logistic) or wilson_cowan (the reference brain's pair)",
      one_of({"rate", "wilson_cowan"}));
    v("sizes", sizes, "Neurons at which growth pauses to look, ascending", at_least(2));
    v("homeostasis", homeostasis, "Biases and weights of every neuron follow its own rate");
    v("target_rate", target_rate, "Rate that homeostasis tends to", between(0, 1));
    v("rate_tau_ms", rate_tau_ms, "Time over which a neuron averages its rate [ms]",
      greater_than(0));
    v("bias_speed", bias_speed, "Speed of biases [per ms and rate]", at_least(0));
    v("scaling_speed", scaling_speed, "Speed of synaptic scaling [per ms and rate]", at_least(0));
    v("arousal", arousal, "A gain of all synapses follows the novelty of the stimulus");
    v("noise", noise, "Global noise: sigma sqrt(dt / tau) N(0, 1) on every neuron", at_least(0));
    v("birth_interval_ms", birth_interval_ms,
      "Least time between births; an error that is never "
      "satisfied asks for them",
      greater_than(0));
    v("num_links", num_links, "Inputs and outputs of a newborn neuron", at_least(1));
    v("mean_weight", mean_weight, "Mean |weight| of its synapses", greater_than(0));
    v("excitatory_fraction", excitatory_fraction, "Part of the neurons that excite", between(0, 1));
    v("stimulus", stimulus, "Current into the first neurons, on and off", at_least(0));
    v("stimulus_interval_ms", stimulus_interval_ms, "Time on, and time off", greater_than(0));
    v("settle_ms", settle_ms, "Time without births or stimulus before a look", at_least(0));
    v("look_ms", look_ms, "Time looked at, at a sample every 10 ms", at_least(200));
    v("exponent_tau", exponent_tau, "Time of the Lyapunov exponent of the frozen brain [tau]",
      at_least(50));
  }
};

struct GrowConfig {
  std::int64_t seed = 0;
  std::int64_t num_seeds = 10;
  int threads = 0;
  std::string backend = "cpu";
  std::vector<std::string> models = {"rate", "wilson_cowan"};
  std::vector<std::string> conditions = {"trinity", "no homeostasis", "global noise", "no arousal"};
  double global_noise = 0.1;
  GrowthSpec growth;

  template <class V>
  void visit(V& v) {
    v("seed", seed, "First seed; the others follow it", at_least(0));
    v("num_seeds", num_seeds, "Brains in each condition", at_least(1));
    v("threads", threads, "Brains side by side; 0: one a core. Changes no result", at_least(0));
    v("backend", backend,
      "What takes the brains' steps; auto: a device, where there is one and they gain by it. "
      "Changes no result",
      one_of({"auto", "cpu", "cuda", "hip"}));
    v("models", models, "Neurons to grow, in place of growth.model",
      one_of({"rate", "wilson_cowan"}));
    v("conditions", conditions, "What is compared: changes of [growth]",
      one_of({"trinity", "no homeostasis", "global noise", "no arousal"}));
    v("global_noise", global_noise, "growth.noise of \"global noise\", in place of homeostasis",
      greater_than(0));
    v.section("growth", growth);
  }
};

}  // namespace noesis

#pragma once
/// Configuration of `noesis seed-and-tape`.

#include <cstdint>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "env/tasks/tape.hpp"
#include "physics/plasticity/neurogenesis.hpp"

namespace noesis {

/// The brain, its readout and its growth. A step of the tape is 10 ms, the time constant of a
/// neuron.
struct TapeBrainSpec {
  std::int64_t seed_neurons = 2;
  double input_gain = 0.5;
  double bias_range = 0.5;
  double recurrent_rate = 0.001;
  double forgetting = 0.9995;
  double ridge = 1e-4;
  NeurogenesisSpec neurogenesis = {.error_tau_ms = 2000,
                                   .threshold = 0.05,
                                   .persistence_ms = 1000,
                                   .refractory_ms = 2000,
                                   .neurons_per_batch = 1,
                                   .max_neurons = 100,
                                   .num_inputs = 10,
                                   .num_outputs = 10,
                                   .mean_weight = 0.1,
                                   .excitatory_fraction = 0.5};

  template <class V>
  void visit(V& v) {
    v("seed_neurons", seed_neurons, "Neurons that it starts with", at_least(2));
    v("input_gain", input_gain, "Input weights are N(0, input_gain^2)", greater_than(0));
    v("bias_range", bias_range, "Biases are uniform in [-bias_range, bias_range]", at_least(0));
    v("recurrent_rate", recurrent_rate, "Learning rate of recurrent weights; 0: they stay",
      at_least(0));
    v("forgetting", forgetting, "Forgetting factor of the readout", between(0.5, 1));
    v("ridge", ridge, "Regularisation that the readout starts with", greater_than(0));
    v.section("neurogenesis", neurogenesis);
  }
};

struct SeedAndTapeConfig {
  std::int64_t seed = 0;
  std::int64_t num_seeds = 10;
  int threads = 0;
  std::string backend = "cpu";
  std::vector<std::string> tapes = {"sines", "chaotic", "switching"};
  std::int64_t num_steps = 40'000;
  TapeOptions sines = {.regime_steps = 4000};
  TapeBrainSpec brain;

  template <class V>
  void visit(V& v) {
    v("seed", seed, "First seed; the others follow it", at_least(0));
    v("num_seeds", num_seeds, "Brains on each tape", at_least(1));
    v("threads", threads, "Brains side by side; 0: one a core. Changes no result", at_least(0));
    v("backend", backend,
      "What takes the brains' steps; auto: a device, where there is one and they gain by it. "
      "Changes no result",
      one_of({"auto", "cpu", "cuda", "hip"}));
    v("tapes", tapes, "Tapes to predict", one_of({"sines", "chaotic", "switching"}));
    v("num_steps", num_steps, "Steps of a tape", at_least(100));
    v("num_sines", sines.num_sines, "Sines of `sines` and `switching`", between(1, 1000));
    v("shortest_period", sines.shortest_period, "Shortest period of a sine [steps]", at_least(2));
    v("longest_period", sines.longest_period, "Longest period of a sine [steps]", at_least(2));
    v("regime_steps", sines.regime_steps, "Steps after which `switching` plays other sines",
      at_least(1));
    v.section("brain", brain);
  }
};

}  // namespace noesis

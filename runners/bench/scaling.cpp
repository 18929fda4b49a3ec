// What a step takes on more workers: predicted from measured constants, and measured on 1 to 4.

#include <algorithm>
#include <thread>

#include "runners/bench/benches.hpp"
#include "runners/bench/split_brain.hpp"

namespace noesis::bench {

void scaling(Report& report) {
  const ConnectomePtr brain = large_brain();
  const BrainSpec spec = large_spec("heun");
  // Constants: latency and bandwidth of an exchange, and the work of a stage from two numbers of
  // synapses, by one worker that is alone.
  double copied = 0;
  CostModel constants;
  constants.latency_s = exchange_seconds(true, 2, 1, 2000, copied);
  const double large = exchange_seconds(true, 2, 250'000, 200, copied);
  constants.bytes_per_s = 2e6 / std::max(large - constants.latency_s, 1e-9);
  constants.cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const double neurons = static_cast<double>(brain->num_neurons());
  const double synapses = static_cast<double>(brain->num_synapses());
  const ConnectomePtr sparse = random_brain(brain->num_neurons(), 1);
  const SplitSettings one = alone(1);
  const auto step_of = [&](const ConnectomePtr& some, int steps) {
    std::vector<double> times;
    for (int turn = 0; turn < 3; ++turn)
      times.push_back(time_split(some, spec, &one, steps).step_s);
    return median(times);
  };
  constants.neuron_s = step_of(sparse, 20) / 2 / neurons;
  const double whole = step_of(brain, 6);
  constants.synapse_s = std::max(whole / 2 - constants.neuron_s * neurons, 0.0) / synapses;
  report.add({"scaling", "a synapse in a stage", constants.synapse_s * 1e9, "ns", "a neuron",
              constants.neuron_s * 1e9, constants.neuron_s / constants.synapse_s});
  report.add({"scaling", "an exchange without content", constants.latency_s * 1e6, "us",
              "bandwidth [GB/s]", constants.bytes_per_s / 1e9, 1});
  for (int workers = 1; workers <= 4; ++workers) {
    const SplitSettings settings = processes(workers);
    std::vector<double> measured;
    double predicted = 0;
    for (int turn = 0; turn < 3; ++turn) {
      const SplitTiming timing = time_split(brain, spec, &settings, 6);
      measured.push_back(timing.step_s);
      predicted = timing.predicted_step_s(constants);
    }
    report.add({"scaling", "200k x 100, heun, " + std::to_string(workers) + " workers",
                1e3 * median(measured), "ms", "predicted", 1e3 * predicted,
                predicted / median(measured)});
  }
  // On machines of their own, from the plan of a dry run.
  constants.cores = 0;
  for (const int workers : {2, 4, 8, 16, 32}) {
    const SplitSettings settings = alone(workers);
    const SplitTiming plan = time_split(brain, spec, &settings, 1);
    for (const bool as_here : {true, false}) {
      CostModel those = constants;
      if (!as_here) those.latency_s = 1e-3;
      const double predicted = plan.predicted_step_s(those);
      report.add({"scaling",
                  "200k x 100, heun, " + std::to_string(workers) + " machines, exchange " +
                      (as_here ? "as here" : "of 1 ms"),
                  1e3 * predicted, "ms, predicted", "one worker", 1e3 * whole, whole / predicted});
    }
  }
}

}  // namespace noesis::bench

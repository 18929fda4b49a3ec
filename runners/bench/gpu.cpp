// A device: its product against what its memory allows, whole steps against the processor's.

#include <numeric>

#include "physics/celegans_connectome.hpp"
#include "physics/simulation.hpp"
#include "runners/bench/benches.hpp"
#include "runners/bench/brains.hpp"
#include "runners/factory.hpp"

namespace noesis::bench {
namespace {

/// Bytes of one product: what a memory that is read once would move (synapses, rows, x and y), and
/// what the processors of the device read and write (a line of rates for each synapse).
struct ProductBytes {
  double once, all;
};

ProductBytes bytes_of(const SynapseTable& table, std::int64_t envs) {
  const std::int64_t width = envs == 1 ? 1 : kTileWidth<float>;
  const std::int64_t tiles = (envs + width - 1) / width;
  const auto rows = static_cast<double>(table.row_begin.size());
  const auto synapses = static_cast<double>(table.num_synapses());
  const double batch = static_cast<double>(envs) * sizeof(float);
  const double stream = static_cast<double>(tiles) * (8 * synapses + 16 * rows);
  return {stream + 2 * rows * batch, stream + (synapses + rows) * batch};
}

void product_of(const DeviceTimer& device, const std::string& name, std::int64_t envs,
                double copy_bandwidth, std::optional<double> goal, Report& report) {
  const SynapseTable& table = brain(name)->synapses();
  const double seconds = device.product_seconds(view_of(table), kNumNeurons, envs);
  const ProductBytes bytes = bytes_of(table, envs);
  const std::string what = "140k x 100 " + name + ", " + std::to_string(envs) + " env";
  const auto updates = static_cast<double>(table.num_synapses() * envs);
  const double ideal_seconds = bytes.once / copy_bandwidth;
  report.add({"gpu", what + ", product", updates / seconds / 1e9, "10^9 synapse-updates/s",
              "synapses and rates moved once, as a copy", updates / ideal_seconds / 1e9,
              ideal_seconds / seconds});
  report.add({"gpu", what + ", bytes read and written", bytes.all / seconds / 1e9, "GB/s",
              "copy within the device", copy_bandwidth / 1e9, bytes.all / seconds / copy_bandwidth,
              goal});
}

/// Heun steps of a plastic brain, after each of which Oja's rule and homeostasis change every
/// weight and bias, on the device and on all threads of the processor; with `prunes`, weak synapses
/// go after every tenth.
void plastic_steps_of(const DeviceTimer& device, const ConnectomePtr& brain,
                      const std::string& name, bool prunes, Report& report) {
  BrainSpec spec;
  spec.model.name = "rate";
  spec.model.rate.activation = "logistic";
  spec.drive = {.mean = -2.2, .sd = 0.5, .seed = 1};
  spec.noise.sigma = 0.1;
  spec.integrator = {.name = "heun", .dt_ms = 1};
  spec.plasticity.rules = {"homeostasis", "oja"};
  if (prunes) spec.plasticity.rules.emplace_back("pruning");
  spec.plasticity.pruning = {.threshold = 1e-3, .interval_ms = 10};
  Simulation<float> on_device({brain}, spec, {1}, report.arena(),
                              backend_factory<float>(device.name));
  Simulation<float> on_host({brain}, spec, {1}, report.arena());
  constexpr int kSteps = 20;
  double device_end = 0, host_end = 0;
  const Pair time = measure([&] { on_device.advance_to(device_end += kSteps); },
                            [&] { on_host.advance_to(host_end += kSteps); }, 4);
  const std::string rules =
      prunes ? "Oja and homeostasis, a prune in ten steps" : "Oja and homeostasis each step";
  report.add({"gpu", name + ", heun, " + rules + ", float, 1 env", kSteps / time.ours,
              "env steps/s", "the processor, all threads", kSteps / time.baseline, time.ratio});
}

/// The same brain with a delay of 1 to 16 ms for each synapse.
ConnectomePtr delayed(const Connectome& brain) {
  const SynapseTable& table = brain.synapses();
  std::vector<Synapse> edges;
  std::vector<float> delays;
  edges.reserve(table.sources.size());
  delays.reserve(table.sources.size());
  for (std::int64_t row = 0; row < brain.num_neurons(); ++row) {
    const auto sources = table.row_sources(row);
    const auto weights = table.row_weights(row);
    for (std::size_t k = 0; k < sources.size(); ++k) {
      edges.push_back({sources[k], static_cast<std::int32_t>(row), weights[k]});
      delays.push_back(static_cast<float>(1 + (7 * k + static_cast<std::size_t>(row)) % 16));
    }
  }
  return std::make_shared<const Connectome>(brain.num_neurons(), edges, std::vector<Synapse>{},
                                            NeuronTable{}, delays);
}

/// Whole steps of Wilson-Cowan brains on the device and on all threads of the processor.
void steps_of(const DeviceTimer& device, const ConnectomePtr& brain, const std::string& name,
              std::int64_t envs, const std::string& integrator, int steps, Report& report) {
  BrainSpec spec;
  spec.model.wilson_cowan.gap_coupling = 0.5;
  spec.drive = {.mean = 1.25, .sd = 0.1, .seed = 1};
  spec.integrator = {.name = integrator, .dt_ms = 1};
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(envs));
  std::iota(seeds.begin(), seeds.end(), 1);
  Simulation<float> on_device({brain}, spec, seeds, report.arena(),
                              backend_factory<float>(device.name));
  Simulation<float> on_host({brain}, spec, seeds, report.arena());
  const auto work = [steps](Simulation<float>& simulation, double& end) {
    return [&simulation, &end, steps] {
      end += steps;
      simulation.advance_to(end);
    };
  };
  double device_end = 0, host_end = 0;
  const Pair time = measure(work(on_device, device_end), work(on_host, host_end), 4);
  const double all = static_cast<double>(envs * steps);
  const std::string method = integrator == "dopri5" ? "dopri5 to 1e-6, 1 ms a step" : integrator;
  report.add({"gpu", name + ", " + method + ", float, " + std::to_string(envs) + " env",
              all / time.ours, "env steps/s", "the processor, all threads", all / time.baseline,
              time.ratio});
}

}  // namespace

void gpu(Report& report) {
  const std::vector<DeviceTimer> devices = device_timers();
  if (devices.empty()) report.note("no device, or none that this build has kernels for");
  for (const DeviceTimer& device : devices) {
    report.note(device.name + ": products, 140,000 x 100");
    const double copy = device.copy_bandwidth();
    for (const std::int64_t envs : {1, 8, 16, 64}) {
      product_of(device, "uniform", envs, copy, envs >= 8 ? std::optional(0.7) : std::nullopt,
                 report);
    }
    product_of(device, "flylike", 16, copy, 0.7, report);
    report.note(device.name + ": steps of Wilson-Cowan brains");
    for (const std::int64_t envs : {1, 16, 64}) {
      steps_of(device, brain("uniform"), "140k x 100 uniform", envs, "rk4", 8, report);
    }
    for (const bool prunes : {false, true}) {
      plastic_steps_of(device, brain("uniform"), "140k x 100 uniform", prunes, report);
    }
    steps_of(device, brain("uniform"), "140k x 100 uniform", 16, "ros2", 2, report);
    steps_of(device, brain("uniform"), "140k x 100 uniform", 16, "dopri5", 2, report);
    steps_of(device, delayed(*brain("uniform")), "140k x 100 uniform, delays to 16 steps", 16,
             "rk4", 2, report);
    const auto worm = std::make_shared<const Connectome>(celegans_connectome());
    for (const std::int64_t envs : {1, 64, 1024}) {
      steps_of(device, worm, "C. elegans", envs, "rk4", 200, report);
    }
  }
}

}  // namespace noesis::bench

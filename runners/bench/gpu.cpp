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
/// weight and bias, on the device and on all threads of the processor.
void plastic_steps_of(const DeviceTimer& device, const ConnectomePtr& brain,
                      const std::string& name, Report& report) {
  BrainSpec spec;
  spec.model.name = "rate";
  spec.model.rate.activation = "logistic";
  spec.drive = {.mean = -2.2, .sd = 0.5, .seed = 1};
  spec.noise.sigma = 0.1;
  spec.integrator = {.name = "heun", .dt_ms = 1};
  spec.plasticity.rules = {"homeostasis", "oja"};
  Simulation<float> on_device({brain}, spec, {1}, report.arena(),
                              backend_factory<float>(device.name));
  Simulation<float> on_host({brain}, spec, {1}, report.arena());
  constexpr int kSteps = 20;
  double device_end = 0, host_end = 0;
  const Pair time = measure([&] { on_device.advance_to(device_end += kSteps); },
                            [&] { on_host.advance_to(host_end += kSteps); }, 4);
  report.add({"gpu", name + ", heun, Oja and homeostasis each step, float, 1 env",
              kSteps / time.ours, "env steps/s", "the processor, all threads",
              kSteps / time.baseline, time.ratio});
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
  report.add({"gpu", name + ", " + integrator + ", float, " + std::to_string(envs) + " env",
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
      steps_of(device, brain("uniform"), "140k x 100 uniform", envs, "rk4", envs == 1 ? 8 : 2,
               report);
    }
    plastic_steps_of(device, brain("uniform"), "140k x 100 uniform", report);
    const auto worm = std::make_shared<const Connectome>(celegans_connectome());
    for (const std::int64_t envs : {1, 64, 1024}) {
      steps_of(device, worm, "C. elegans", envs, "rk4", 200, report);
    }
  }
}

}  // namespace noesis::bench

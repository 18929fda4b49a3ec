#include "runners/memory_report.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

#include "core/error.hpp"
#include "physics/memory_plan.hpp"
#include "runners/factory.hpp"

namespace noesis {
namespace {

constexpr double kGibibyte = 1 << 30;
constexpr double kUsualGib = 16;

std::string line(const std::string& name, double bytes) {
  char text[96];
  std::snprintf(text, sizeof text, "  %-34s %10.3f GiB\n", name.c_str(), bytes / kGibibyte);
  return text;
}

/// Steps of the past that DelayLine keeps.
std::int64_t slots_of(const Connectome& connectome, double dt_ms) {
  const std::vector<float>& delays = connectome.synapses().delays_ms;
  const double longest = delays.empty() ? 0 : *std::max_element(delays.begin(), delays.end());
  const auto steps = std::max<std::int64_t>(std::llround(longest / dt_ms), 1);
  return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(steps + 1)));
}

/// By the parameters where they say it, else by making the connectome.
std::pair<std::int64_t, ConnectomeSize> size_of(const SimulateConfig& config) {
  const std::int64_t count = config.batch == "per_env" ? config.num_envs : 1;
  if (config.connectome.source == "random") {
    const auto& random = config.connectome.random;
    if (random.in_degree > 0) {
      return {random.num_neurons, {random.num_neurons * random.in_degree, 0, count}};
    }
  }
  const ConnectomePtr connectome = make_connectome(config.connectome, 0);
  return {connectome->num_neurons(),
          {connectome->num_synapses(), connectome->gap_junctions().num_synapses(), count,
           connectome->has_delays() ? slots_of(*connectome, config.brain.integrator.dt_ms) : 0}};
}

}  // namespace

std::string memory_report(const SimulateConfig& config, double device_gib) {
  const auto [num_neurons, connectome] = size_of(config);
  const bool is_double = config.precision == "double";
  const BatchShape shape =
      batch_shape(config.brain.model, num_neurons, config.num_envs, config.batch == "per_env",
                  is_double ? kTileWidth<double> : kTileWidth<float>);
  const MemoryPlan plan =
      plan_memory(shape, connectome, config.brain.model, config.brain.integrator,
                  config.brain.noise.sigma > 0, is_double ? sizeof(double) : sizeof(float),
                  config.brain.plasticity, !config.stimulus.empty());
  std::string where = "--device-memory-gib";
  double bytes = device_gib * kGibibyte;
  if (device_gib == 0) {
    const DeviceMemory device = device_memory();
    where = device.name.empty() ? "a device of the usual size" : device.name;
    bytes = device.name.empty() ? kUsualGib * kGibibyte : static_cast<double>(device.bytes);
  }
  std::string text = std::to_string(num_neurons) + " neurons, " +
                     std::to_string(connectome.num_synapses) + " synapses, " +
                     std::to_string(config.num_envs) + " environments, " + config.precision + ", " +
                     config.brain.integrator.name + "\n";
  if (config.backend == "auto") {
    const std::int64_t tables = config.batch == "per_env" ? 1 : config.num_envs;
    text += "  backend auto: " + auto_backend(connectome.num_synapses * connectome.count * tables) +
            "\n";
  }
  for (const MemoryPlan::Part& part : plan.parts) {
    text += line(part.name, static_cast<double>(part.bytes));
  }
  const auto total = static_cast<double>(plan.total());
  text += line("total", total);
  if (total <= bytes) return text + line("of " + where, bytes) + "  it fits\n";
  const std::int64_t most = most_synapses(plan, connectome, static_cast<std::int64_t>(bytes));
  char got[64], allowed[64];
  std::snprintf(got, sizeof got, "%.2f GiB", total / kGibibyte);
  std::snprintf(allowed, sizeof allowed, "%.2f GiB", bytes / kGibibyte);
  throw ConfigError(
      {.what = "the run does not fit the memory of the device",
       .where = where,
       .got = got,
       .allowed = allowed,
       .next = most < num_neurons
                   ? "fewer neurons or environments: not even one synapse a neuron would fit"
                   : std::to_string(most / num_neurons) + " synapses a neuron would fit"});
}

}  // namespace noesis

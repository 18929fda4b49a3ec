#include "physics/memory_plan.hpp"

#include <algorithm>
#include <variant>

namespace noesis {
namespace {

constexpr std::int64_t kBytesPerSynapse = 8;
constexpr std::int64_t kBytesPerRow = 16;
constexpr const char* kSynapses = "synapses";

}  // namespace

std::int64_t MemoryPlan::total() const {
  std::int64_t sum = 0;
  for (const Part& part : parts) sum += part.bytes;
  return sum;
}

MemoryPlan plan_memory(const BatchShape& shape, const ConnectomeSize& connectome,
                       const ModelSpec& model, const IntegratorSpec& integrator, bool noise,
                       int value_bytes, const PlasticitySpec& plasticity, bool interventions) {
  const std::int64_t values = shape.num_tiles() * shape.plane_size() * value_bytes;
  const std::int64_t state = values * shape.num_components;
  const std::int64_t stages = integrator.name == "euler" ? 0 : (integrator.name == "heun" ? 2 : 3);
  const bool has_output = std::visit(
      [](const auto& one) { return !std::decay_t<decltype(one)>::kOutputIsFirstComponent; },
      make_model<double>(model));
  const bool has_gaps = connectome.num_gap_entries > 0;
  MemoryPlan plan;
  const auto add = [&](const char* name, std::int64_t bytes) {
    if (bytes > 0) plan.parts.push_back({name, bytes});
  };
  const std::int64_t table = kBytesPerSynapse * connectome.count;
  add(kSynapses, table * connectome.num_synapses);
  add("gap junctions", table * connectome.num_gap_entries);
  add("rows", kBytesPerRow * shape.num_neurons * connectome.count * (has_gaps ? 2 : 1));
  add("state", 2 * state);
  add("stages", stages * state);
  add("outputs", has_output || interventions ? 2 * values : 0);
  add("inputs", interventions ? 5 * values : values);
  if (!plasticity.rules.empty()) {
    const std::int64_t neurons = shape.num_envs * shape.num_neurons;
    const bool in_place = shape.tile_width == 1 && plasticity.changes_in_place();
    add("plasticity",
        in_place ? (plasticity.has("homeostasis") ? 24 : 0) * neurons + 2 * values : 0);
  }
  add("noise", noise ? state + 16 * shape.num_envs : 0);
  return plan;
}

std::int64_t most_synapses(const MemoryPlan& plan, const ConnectomeSize& connectome,
                           std::int64_t bytes) {
  std::int64_t rest = bytes - plan.total();
  for (const MemoryPlan::Part& part : plan.parts) {
    if (part.name == kSynapses) rest += part.bytes;
  }
  return rest < 0 ? -1 : rest / (kBytesPerSynapse * connectome.count);
}

}  // namespace noesis

#include "physics/memory_plan.hpp"

#include <algorithm>
#include <variant>

namespace noesis {
namespace {

constexpr std::int64_t kBytesPerSynapse = 8;
constexpr std::int64_t kBytesPerRow = 16;
constexpr std::int64_t kBytesPerDelay = 2;
constexpr const char* kSynapses = "synapses";

/// States that a method keeps besides the two ends of a step.
std::int64_t stage_states(const std::string& integrator, std::int64_t num_components) {
  if (integrator == "euler") return 0;
  if (integrator == "heun") return 2;
  if (integrator == "ros2") return 2 + num_components;
  return integrator == "dopri5" ? 8 : 3;
}

/// What dopri5 has of each environment: 42 factors, a step size, a flag, a point of dense output,
/// and the worst error of every 1024 state variables.
std::int64_t step_control(const BatchShape& shape, int value_bytes) {
  constexpr std::int64_t kFactors = 42, kFixed = 8 + 1 + 64, kWorst = 16, kChunk = 1024;
  const std::int64_t envs = shape.num_tiles() * shape.tile_width;
  const std::int64_t chunks = (shape.num_components * shape.num_neurons + kChunk - 1) / kChunk;
  return envs * (kFactors * value_bytes + kFixed + kWorst * chunks);
}

/// Of a neuron: what rules remember in double precision, biases and currents, gains where no
/// intervention has them anyway, factors of teaching.
std::int64_t rule_bytes(const PlasticitySpec& plasticity, int value_bytes, bool interventions) {
  const bool has_homeostasis = plasticity.has("homeostasis");
  const bool has_intrinsic = plasticity.has("intrinsic");
  return (has_homeostasis ? 24 : 0) + (has_intrinsic ? 16 : 0) +
         (plasticity.has("structural") ? 24 : 0) +
         (has_homeostasis || has_intrinsic ? 2 * value_bytes : 0) +
         (has_intrinsic && !interventions ? value_bytes : 0) +
         (plasticity.has("hebbian") ? value_bytes : 0);
}

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
  const std::int64_t stages = stage_states(integrator.name, shape.num_components);
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
  add("step control", integrator.adaptive() ? step_control(shape, value_bytes) : 0);
  if (connectome.delay_slots > 0) {
    add("conduction delays", kBytesPerDelay * connectome.num_synapses * connectome.count +
                                 (connectome.delay_slots + 2) * values);
  }
  add("outputs", has_output || interventions ? 2 * values : 0);
  add("inputs", interventions ? 5 * values : values);
  if (!plasticity.rules.empty()) {
    const std::int64_t neurons = shape.num_envs * shape.num_neurons;
    const bool in_place = shape.tile_width == 1;
    add("plasticity", in_place ? rule_bytes(plasticity, value_bytes, interventions) * neurons : 0);
    // Of every 1024 outputs, what sleep pressure follows.
    const std::int64_t chunks = (shape.num_neurons + 1023) / 1024;
    add("levels", in_place && plasticity.has("sleep") ? 40 * chunks : 0);
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
  if (connectome.delay_slots > 0) {
    rest += kBytesPerDelay * connectome.num_synapses * connectome.count;
  }
  const std::int64_t bytes_each =
      kBytesPerSynapse + (connectome.delay_slots > 0 ? kBytesPerDelay : 0);
  return rest < 0 ? -1 : rest / (bytes_each * connectome.count);
}

}  // namespace noesis

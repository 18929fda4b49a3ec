// What a worker is made of, and its fixed steps; rules, adaptive steps and snapshots are in
// worker_part_rules.cpp and worker_part_adaptive.cpp.

#include "distributed/worker_part.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/config.hpp"
#include "data/memory.hpp"
#include "physics/noise.hpp"

namespace noesis {
namespace {

void require_wire(bool ok, const char* what) {
  if (!ok) throw WireError("a command that contradicts itself", what);
}

/// Rows of `counts` synapses with so many sources.
void check_rows(const WireRows& rows, std::int64_t num_own, bool has_delays) {
  require_wire(std::ssize(rows.counts) == num_own, "rows");
  std::int64_t sum = 0;
  for (const std::int32_t count : rows.counts) {
    require_wire(count >= 0, "synapses of a row");
    sum += count;
  }
  require_wire(sum == std::ssize(rows.sources) && rows.weights.size() == rows.sources.size(),
               "synapses");
  require_wire(rows.steps.size() == (has_delays ? rows.sources.size() : 0), "delays");
}

BatchShape own_shape(const BatchShape& shape, std::int64_t num_own) {
  BatchShape own = shape;
  own.num_neurons = num_own;
  return own;
}

/// The command, once it is known to make sense.
template <Real T>
const InitCommand<T>& checked(const InitCommand<T>& init) {
  const BatchShape& shape = init.shape;
  require_wire(shape.num_envs >= 1 && shape.num_envs <= 1'000'000 && shape.num_components >= 1 &&
                   shape.num_components <= 16 && shape.num_neurons >= 1 &&
                   shape.num_neurons <= std::numeric_limits<std::int32_t>::max() &&
                   (shape.tile_width == 1 || shape.tile_width == kTileWidth<T>),
               "shape");
  const WorkerPlan& plan = init.plan;
  require_wire(plan.num_own >= 1 && plan.num_own <= plan.num_local() && plan.num_interior >= 0 &&
                   plan.num_interior <= plan.num_own && plan.num_local() <= shape.num_neurons,
               "rows of the plan");
  std::int64_t halo = plan.num_own;
  for (const PeerPlan& peer : plan.peers) {
    const auto listed = static_cast<std::int64_t>(peer.send.size());
    require_wire(
        peer.halo_first == halo && peer.halo_count >= 0 &&
            peer.halo_count <= plan.num_local() - halo && peer.send_first >= 0 &&
            peer.send_count >= 0 && peer.send_count <= plan.num_own - peer.send_first &&
            (listed == 0 || listed == peer.send_count) &&
            std::ranges::all_of(peer.send,
                                [&](std::int32_t row) { return row >= 0 && row < plan.num_own; }),
        "what peers exchange");
    halo += peer.halo_count;
  }
  require_wire(halo == plan.num_local(), "halo");
  // What is about to be allocated is as large as what has come with it.
  const std::int64_t values = std::ssize(init.state);
  require_wire(
      values % shape.num_components == 0 && values / shape.num_components % plan.num_own == 0 &&
          values / shape.num_components / plan.num_own == shape.num_tiles() * shape.tile_width,
      "state");
  require_memory(shape.num_neurons * std::int64_t(sizeof(std::int32_t)), "a worker's numbering",
                 std::to_string(shape.num_neurons) + " neurons");
  require_wire(init.longest_delay >= 1 && init.longest_delay < (1 << 16) &&
                   std::ranges::all_of(init.synapses.steps,
                                       [&](std::uint16_t steps) {
                                         return steps >= 1 && steps <= init.longest_delay;
                                       }),
               "delays");
  check_rows(init.synapses, plan.num_own, init.has_delays != 0);
  if (init.has_gaps != 0) check_rows(init.gap_junctions, plan.num_own, false);
  return init;
}

}  // namespace

template <Real T>
WorkerPart<T>::WorkerPart(InitCommand<T> init, Communicator& communicator, const ThreadArena& arena,
                          const RowDevices* devices)
    : communicator_(communicator),
      arena_(arena),
      spec_(parse_config<WorkerSpec>(checked(init).spec, "master", {}, WorkerSpec{})),
      plan_(std::move(init.plan)),
      num_neurons_(init.shape.num_neurons),
      shape_(own_shape(init.shape, plan_.num_own)),
      synapses_(local_table(init.synapses)),
      gap_junctions_(init.has_gaps != 0 ? local_table(init.gap_junctions) : RowTable{}),
      digest_(digest_rows(plan_, init.synapses, init.gap_junctions)),
      surgeon_(shape_, std::vector<double>(static_cast<std::size_t>(plan_.num_own))),
      system_({.model = spec_.model,
               .shape = shape_,
               .plan = plan_,
               .synapses = synapses_,
               .gap_junctions = gap_junctions_,
               .has_gaps = init.has_gaps != 0,
               .has_delays = init.has_delays != 0,
               .longest_delay = init.longest_delay,
               .surgeon = surgeon_,
               .communicator = communicator,
               .arena = arena,
               .devices = devices}),
      state_(shape_),
      step_(init.step) {
  if (devices != nullptr && spec_.integrator.name == "ros2") {
    throw ConfigError({.what = "rows are not linearised on a device",
                       .where = "hemisphere worker --backend",
                       .got = "\"" + devices->name() + "\", integrator \"ros2\"",
                       .allowed = "\"cpu\", or another integrator",
                       .next = {}});
  }
  require_wire(std::ssize(component_names(spec_.model)) == shape_.num_components, "components");
  for (const PeerPlan& peer : plan_.peers) {
    require_wire(
        peer.rank >= 0 && peer.rank < communicator.size() && peer.rank != communicator.rank(),
        "peers");
  }
  if (spec_.integrator.adaptive()) {
    adaptive_ = std::make_unique<Dopri5<T>>(shape_, spec_.integrator, arena);
  } else {
    stepper_ = make_fixed_stepper<T>(spec_.integrator.name, arena);
    noise_scale_ =
        spec_.noise_sigma * std::sqrt(spec_.integrator.dt_ms / time_scale_ms(spec_.model));
    if (noise_scale_ > 0) noise_ = State<T>(shape_);
  }
  set_inputs(init.inputs);
  set_state(init.state);
  if (init.has_delays != 0) set_history({init.step, std::move(init.history)});
}

/// Sources become the worker's own places.
template <Real T>
RowTable WorkerPart<T>::local_table(const WireRows& rows) const {
  std::vector<std::int32_t> place(static_cast<std::size_t>(num_neurons_), -1);
  for (std::size_t l = 0; l < plan_.ids.size(); ++l) {
    const std::int32_t id = plan_.ids[l];
    require_wire(id >= 0 && id < num_neurons_ && place[static_cast<std::size_t>(id)] < 0,
                 "numbering");
    place[static_cast<std::size_t>(id)] = static_cast<std::int32_t>(l);
  }
  RowTable table;
  table.count = rows.counts;
  table.begin.resize(rows.counts.size());
  std::exclusive_scan(rows.counts.begin(), rows.counts.end(), table.begin.begin(), std::int64_t{0});
  table.sources.resize(rows.sources.size());
  for (std::size_t k = 0; k < rows.sources.size(); ++k) {
    const std::int32_t id = rows.sources[k];
    require_wire(id >= 0 && id < num_neurons_ && place[static_cast<std::size_t>(id)] >= 0,
                 "a source that the worker does not get");
    table.sources[k] = place[static_cast<std::size_t>(id)];
  }
  for (std::size_t i = 0; i < table.count.size(); ++i) {
    const auto begin = table.sources.begin() + table.begin[i];
    if (static_cast<std::int64_t>(i) >= plan_.num_interior) break;
    require_wire(std::all_of(begin, begin + table.count[i],
                             [&](std::int32_t source) { return source < plan_.num_own; }),
                 "a row that does not wait for what it reads");
  }
  table.weights = rows.weights;
  table.steps = rows.steps;
  return table;
}

template <Real T>
void WorkerPart<T>::set_inputs(const WireInputs<T>& inputs) {
  const auto arrays = surgeon_.arrays();
  require_wire(inputs.arrays.size() == arrays.size(), "inputs");
  for (std::size_t k = 0; k < arrays.size(); ++k) {
    require_wire(inputs.arrays[k].empty() || std::ssize(inputs.arrays[k]) == arrays[k]->size(),
                 "inputs");
  }
  for (std::size_t k = 0; k < arrays.size(); ++k) {
    std::ranges::copy(inputs.arrays[k], arrays[k]->data());
  }
  surgeon_.refresh();
  system_.inputs_changed();
}

template <Real T>
void WorkerPart<T>::set_state(std::span<const T> values) {
  require_wire(std::ssize(values) == state_.size(), "state");
  std::ranges::copy(values, state_.data());
}

template <Real T>
void WorkerPart<T>::set_history(const HistoryCommand<T>& history) {
  DelayLine<T>* const delays = system_.delays();
  require_wire(delays != nullptr, "a past without delays");
  const std::int64_t size = delays->history_size();
  require_wire(std::ssize(history.values) == size * shape_.num_envs, "past");
  for (std::int64_t env = 0; env < shape_.num_envs; ++env) {
    delays->set_history(
        env, history.step,
        std::span<const T>(history.values)
            .subspan(static_cast<std::size_t>(env * size), static_cast<std::size_t>(size)));
  }
}

template <Real T>
HistoryCommand<T> WorkerPart<T>::history(std::int64_t step) {
  HistoryCommand<T> past{step, {}};
  const DelayLine<T>* const delays = system_.delays();
  for (std::int64_t env = 0; delays != nullptr && env < shape_.num_envs; ++env) {
    delays->append_history(env, step, past.values);
  }
  return past;
}

template <Real T>
NormalAnswer WorkerPart<T>::advance(const NormalCommand& command) {
  const auto begin = std::chrono::steady_clock::now();
  require_wire(stepper_ != nullptr && command.count >= 0 &&
                   std::ssize(command.seeds) == shape_.num_envs &&
                   std::ssize(command.episode_start) == shape_.num_envs,
               "steps");
  surgeon_.pin(state_);
  for (std::int64_t step = command.first; step < command.first + command.count; ++step) {
    system_.begin_step(state_, step);
    if (noise_scale_ > 0) {
      draw_noise(step, noise_scale_, {command.seeds, command.episode_start, plan_.ids.data()}, 0,
                 surgeon_, arena_, noise_);
    }
    stepper_->step(system_, state_, spec_.integrator.dt_ms, noise_scale_ > 0 ? &noise_ : nullptr);
    step_ = step + 1;
  }
  NormalAnswer answer;
  answer.is_finite = is_finite() ? 1 : 0;
  answer.busy_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  answer.statistics = communicator_.statistics();
  return answer;
}

template <Real T>
bool WorkerPart<T>::is_finite() const {
  bool all = true;
  for (std::int64_t n = 0; n < state_.size(); ++n) {
    all &= std::abs(state_.data()[n]) <= std::numeric_limits<T>::max();
  }
  return all;
}

template <Real T>
Bytes WorkerPart<T>::fetch_outputs() {
  std::vector<T> values(static_cast<std::size_t>(shape_.num_tiles() * shape_.plane_size()));
  for (std::int64_t tile = 0; tile < shape_.num_tiles(); ++tile) {
    system_.own_outputs(state_, tile, values.data() + tile * shape_.plane_size());
  }
  WireWriter writer;
  writer.put_array(values);
  return writer.take();
}

template <Real T>
Bytes WorkerPart<T>::handle(WireType type, std::span<const std::byte> payload) {
  WireWriter writer;
  switch (type) {
    case WireType::kInputs:
      set_inputs(decode<WireInputs<T>>(payload));
      return {};
    case WireType::kState: {
      WireReader reader(payload);
      set_state(reader.get_array<T>());
      reader.end();
      return {};
    }
    case WireType::kHistory:
      set_history(decode<HistoryCommand<T>>(payload));
      return {};
    case WireType::kWeights: {
      WireReader reader(payload);
      reader.get_array(std::span<float>(synapses_.weights));
      reader.end();
      weights_changed_ = true;
      system_.weights_changed();
      if (system_.delays() != nullptr) system_.delays()->set_weights(0, synapses_.weights.data());
      return {};
    }
    case WireType::kPutRules:
      put_memory(decode<RulesMemory>(payload));
      return {};
    case WireType::kNormal:
      return encode(advance(decode<NormalCommand>(payload)));
    case WireType::kRules:
      run_rules(decode<RulesCommand>(payload));
      return {};
    case WireType::kAdaptive:
      return adapt(decode<AdaptiveCommand<T>>(payload));
    case WireType::kFetchState:
      writer.put_array(std::span<const T>(state_.data(), static_cast<std::size_t>(state_.size())));
      return writer.take();
    case WireType::kFetchHistory: {
      WireReader reader(payload);
      return encode(history(reader.get<std::int64_t>()));
    }
    case WireType::kFetchRules:
      return encode(RulesAnswer{synapses_.weights, memory_.value_or(RulesMemory{})});
    case WireType::kFetchBiases: {
      const State<T>& bias = *surgeon_.arrays()[0];
      writer.put_array(std::span<const T>(bias.data(), static_cast<std::size_t>(bias.size())));
      return writer.take();
    }
    case WireType::kFetchOutputs:
      return fetch_outputs();
    case WireType::kFetchAdaptive:
      return answer(decode<AdaptiveQuery>(payload));
    case WireType::kSnapshot:
      return encode(snapshot());
    case WireType::kRestore:
      restore(decode<WorkerSnapshot<T>>(payload));
      return {};
    default:
      throw WireError("not a command for a worker", name_of(type));
  }
}

template class WorkerPart<float>;
template class WorkerPart<double>;

}  // namespace noesis

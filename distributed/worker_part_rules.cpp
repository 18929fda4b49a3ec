// Rules of plasticity on a worker's rows, and snapshots of everything that changes in a worker.

#include <algorithm>
#include <cmath>
#include <limits>

#include "distributed/worker_part.hpp"
#include "physics/plasticity/oja.hpp"

namespace noesis {

template <Real T>
void WorkerPart<T>::put_memory(RulesMemory memory) {
  const auto own = static_cast<std::size_t>(plan_.num_own);
  if (memory.filtered.size() != own || memory.shortfall.size() != own ||
      memory.log_factors.size() != own) {
    throw WireError("homeostasis of other rows", std::to_string(memory.filtered.size()),
                    std::to_string(own));
  }
  memory_ = std::move(memory);
}

template <Real T>
void WorkerPart<T>::run_rules(const RulesCommand& command) {
  if (shape_.num_envs != 1 || (command.has_homeostasis != 0 && !memory_)) {
    throw WireError("rules that this worker cannot run", "CMD_RULES");
  }
  const T* const outputs = system_.exchange_outputs(state_);
  const std::span<const T> rates(outputs, static_cast<std::size_t>(plan_.num_local()));
  if (command.has_oja != 0) check_learning_rate(command.oja_rate);
  const bool changes_weights =
      command.scales != 0 || command.has_oja != 0 || command.has_decay != 0;
  const auto born = [&](std::size_t row) { return plan_.ids[row] < command.num_born; };
  arena_.parallel_for(plan_.num_own, 64, [&](std::int64_t first, std::int64_t last) {
    for (auto row = static_cast<std::size_t>(first); row < static_cast<std::size_t>(last); ++row) {
      if (!born(row)) continue;
      if (command.has_homeostasis != 0) {
        observe_rate(command.homeostasis, rates[row], memory_->filtered[row],
                     memory_->shortfall[row], memory_->log_factors[row]);
      }
      if (!changes_weights) continue;
      const std::span<float> weights(synapses_.weights.data() + synapses_.begin[row],
                                     static_cast<std::size_t>(synapses_.count[row]));
      if (command.scales != 0) {
        scale_row(weights, memory_->log_factors[row], command.homeostasis.max_weight);
      }
      if (command.has_oja != 0) {
        oja_row(std::span<const std::int32_t>(synapses_.sources.data() + synapses_.begin[row],
                                              weights.size()),
                weights, rates, rates[row], static_cast<T>(command.oja_rate));
      }
      for (float& weight : weights) {
        if (command.has_decay == 0) break;
        if (std::abs(weight) < std::numeric_limits<float>::infinity()) {
          weight = static_cast<float>(weight * command.decay_factor);
        }
      }
    }
  });
  if (changes_weights) {
    weights_changed_ = true;
    system_.weights_changed();
  }
  for (std::size_t row = 0; command.has_homeostasis != 0 && row < plan_.ids.size() &&
                            row < static_cast<std::size_t>(plan_.num_own);
       ++row) {
    if (!born(row)) continue;
    const auto place = static_cast<std::int64_t>(row);
    const T bias = static_cast<T>(adapted_bias(
        command.homeostasis, static_cast<T>(surgeon_.bias(0, place)), memory_->shortfall[row]));
    surgeon_.set_bias(0, place, bias);
  }
}

template <Real T>
WorkerSnapshot<T> WorkerPart<T>::snapshot() {
  WorkerSnapshot<T> all;
  all.step = step_;
  all.state = state_values();
  for (const State<T>* array : surgeon_.arrays()) {
    all.inputs.arrays.emplace_back(array->data(), array->data() + array->size());
  }
  if (system_.delays() != nullptr) all.history = history(step_).values;
  if (weights_changed_) all.weights = synapses_.weights;
  all.has_memory = memory_ ? 1 : 0;
  if (memory_) all.memory = *memory_;
  if (adaptive_) all.adaptive = adaptive_snapshot();
  return all;
}

template <Real T>
void WorkerPart<T>::restore(WorkerSnapshot<T> all) {
  set_inputs(all.inputs);
  set_state(all.state);
  step_ = all.step;
  if (!all.weights.empty()) {
    if (all.weights.size() != synapses_.weights.size()) {
      throw WireError("weights of other rows", std::to_string(all.weights.size()),
                      std::to_string(synapses_.weights.size()));
    }
    std::ranges::copy(all.weights, synapses_.weights.begin());
    weights_changed_ = true;
    system_.weights_changed();
  }
  if (system_.delays() != nullptr) set_history({all.step, std::move(all.history)});
  if (all.has_memory != 0) put_memory(std::move(all.memory));
  if (adaptive_) restore_adaptive(all.adaptive);
}

template void WorkerPart<float>::put_memory(RulesMemory);
template void WorkerPart<double>::put_memory(RulesMemory);
template void WorkerPart<float>::run_rules(const RulesCommand&);
template void WorkerPart<double>::run_rules(const RulesCommand&);
template WorkerSnapshot<float> WorkerPart<float>::snapshot();
template WorkerSnapshot<double> WorkerPart<double>::snapshot();
template void WorkerPart<float>::restore(WorkerSnapshot<float>);
template void WorkerPart<double>::restore(WorkerSnapshot<double>);

}  // namespace noesis

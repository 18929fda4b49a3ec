#pragma once
// Private to worker_brain.cpp and worker_part*.cpp.

#include <optional>

#include "distributed/commands.hpp"
#include "distributed/row_system.hpp"
#include "distributed/worker_brain.hpp"

namespace noesis {

class WorkerBrain::Part {
 public:
  virtual ~Part() = default;
  virtual Bytes handle(WireType type, std::span<const std::byte> payload) = 0;
  virtual std::int64_t num_steps() const noexcept = 0;
};

/// A worker at one precision, from kInit on.
template <Real T>
class WorkerPart final : public WorkerBrain::Part {
 public:
  /// @throws WireError for a command that contradicts itself, ConfigError for one that `devices`
  /// (null: the processor) does not take. Collective.
  WorkerPart(InitCommand<T> init, Communicator& communicator, const ThreadArena& arena,
             const RowDevices* devices);

  Bytes handle(WireType type, std::span<const std::byte> payload) override;
  std::int64_t num_steps() const noexcept override { return step_; }
  /// Of the rows as they came.
  const std::string& digest() const noexcept { return digest_; }

 private:
  void check(const InitCommand<T>& init) const;
  RowTable local_table(const WireRows& rows) const;
  void set_inputs(const WireInputs<T>& inputs);
  void set_state(std::span<const T> values);
  void set_history(const HistoryCommand<T>& history);
  std::vector<T> state_values() const { return {state_.data(), state_.data() + state_.size()}; }
  HistoryCommand<T> history(std::int64_t step);
  void put_memory(RulesMemory memory);

  NormalAnswer advance(const NormalCommand& command);
  bool is_finite() const;
  void run_rules(const RulesCommand& command);
  Bytes adapt(const AdaptiveCommand<T>& command);
  Bytes answer(const AdaptiveQuery& query);
  WireAdaptive<T> adaptive_snapshot() const;
  void restore_adaptive(const WireAdaptive<T>& snapshot);
  Bytes fetch_outputs();
  WorkerSnapshot<T> snapshot();
  void restore(WorkerSnapshot<T> snapshot);

  Communicator& communicator_;
  const ThreadArena& arena_;
  WorkerSpec spec_;
  WorkerPlan plan_;
  std::int64_t num_neurons_;  // of the whole brain
  BatchShape shape_;          // of own states
  RowTable synapses_, gap_junctions_;
  std::string digest_;
  Surgeon<T> surgeon_;
  RowSystem<T> system_;
  std::unique_ptr<FixedStepper<T>> stepper_;
  std::unique_ptr<Dopri5<T>> adaptive_;
  double noise_scale_ = 0;
  State<T> state_, noise_;
  std::int64_t step_ = 0;
  bool weights_changed_ = false;  // since they came
  std::optional<RulesMemory> memory_;
};

}  // namespace noesis

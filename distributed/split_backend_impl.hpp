#pragma once
// The master's side of a split batch. Private to split_backend*.cpp: steps are in the first,
// structure, rules of plasticity and adaptive steps in files of their own.

#include <optional>

#include "distributed/commands.hpp"
#include "distributed/row_messages.hpp"
#include "distributed/split_backend.hpp"

namespace noesis {

inline SynapseView view_of(const SynapseTable& table) {
  if (table.row_begin.empty()) return {};
  return {table.row_begin.data(), table.row_count.data(), table.sources.data(),
          table.weights.data()};
}

template <Real T>
class SplitBackendImpl final : public SplitBackend<T> {
 public:
  SplitBackendImpl(std::shared_ptr<Crew> crew, const BackendRequest<T>& request,
                   SplitOptions options);

  std::string name() const override { return crew_->name(); }
  SplitReport report() const override { return report_; }

  void advance(State<T>& x, const StepRange& steps) override;
  bool is_finite(const State<T>& x) override;
  void fetch(State<T>& x) override;
  void state_changed() override;
  void fetch_history(std::int64_t step, DelayLine<T>& line) override;
  void history_changed(std::int64_t step, const DelayLine<T>& line) override;
  void synapses_changed(std::size_t, const SynapseView& table, bool same_structure) override;

  bool runs_rules() const override { return shape_.num_envs == 1; }
  bool runs_rules_between_births() const override { return runs_rules(); }
  void put_memory(std::int64_t, const PlasticBrain::Memory& rules) override;
  void run_rules(std::int64_t, const WeightRules& rules, const WeightDecaySpec& decay) override;
  void fetch_rules(std::int64_t, float* weights, const PlasticBrain::Memory& rules) override;
  void fetch_biases(std::int64_t, std::span<T> bias) override;
  void fetch_outputs(std::int64_t, std::span<T> outputs) override;

  std::unique_ptr<AdaptiveStepper<T>> make_adaptive() override;

 private:
  class Adaptive;

  std::span<const std::int32_t> ids_of(std::size_t rank) const {
    return own_ids(plan_.workers[rank]);
  }

  const std::vector<Bytes>& tell(WireType type, std::vector<Bytes> payloads);
  const std::vector<Bytes>& tell_all(WireType type, Bytes payload);
  /// `payload` of a rank, to each.
  template <class Payload>
  const std::vector<Bytes>& tell_each(WireType type, const Payload& payload) {
    std::vector<Bytes> payloads;
    for (std::size_t rank = 0; rank < plan_.workers.size(); ++rank) {
      payloads.push_back(payload(rank));
    }
    return tell(type, std::move(payloads));
  }

  /// Brings workers up to date with what the caller has changed.
  void prepare(State<T>& x, std::int64_t step);
  /// Rows of the brain as it now is, with a partition of their cost.
  void make_plan();
  /// Neurons that are there from the start: the last rows may be places for births.
  std::int64_t num_named() const;
  void deal_out(const State<T>& x, std::int64_t step, WireType type = WireType::kInit);
  InitCommand<T> init_of(std::size_t rank, const State<T>& x, std::int64_t step) const;
  WireInputs<T> own_inputs(std::size_t rank) const;
  /// Sends arrays of inputs that differ from what the workers have. Collective where any does.
  void put_inputs();
  void put_memory();
  void send_weights();
  void send_state(const State<T>& x);
  void send_history();
  void fetch_state(State<T>& x);
  void scatter_state(const std::vector<Bytes>& answers, State<T>& x) const;
  /// One value a neuron of environment 0.
  void scatter_answers(const std::vector<Bytes>& answers, T* values) const;
  void copy_biases(std::span<T> bias) const;

  std::shared_ptr<Crew> crew_;
  SplitOptions options_;
  ConnectomePtr connectome_;
  WorkerSpec spec_;
  BatchShape shape_;
  const Surgeon<T>& surgeon_;
  SynapseView table_;  // the synapses that hold now
  const ThreadArena one_thread_{1};
  std::unique_ptr<DelayLine<T>> delays_;  // for its steps
  SplitPlan plan_;
  SplitReport report_;
  std::vector<Bytes> answers_;
  std::vector<double> waited_;              // (num_workers)
  std::vector<WireInputs<T>> sent_inputs_;  // (num_workers)
  std::uint64_t inputs_version_ = 0;
  std::string dealt_structure_;  // of the rows that workers have
  std::vector<T> history_;       // of the brain, before step history_step_
  std::int64_t history_step_ = 0;
  std::int64_t step_ = 0;
  std::optional<RulesMemory> memory_;
  std::int64_t num_born_ = 0;
  bool has_plan_ = false, has_rows_ = false;  // of the synapses that hold now, and at workers
  bool has_weights_ = false, has_state_ = false, has_history_ = false, has_memory_ = true;
  bool was_dealt_out_ = false;
  bool is_ahead_ = false;  // workers' states are newer than the caller's
  bool is_finite_ = true;
  bool biases_moved_ = false;
};

}  // namespace noesis

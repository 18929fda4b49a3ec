#pragma once
/// One brain's connectome as its rules have made it, and all that the rules remember.
///
/// Every `interval_ms` the rules run in this order, each on the outputs y of the neurons:
///
///   sleep         pressure follows the mean |y|; awake or asleep for the rules below
///   arousal       a gain from the novelty of the injected current and from sleep pressure
///   homeostasis   filtered rates, then the bias, then synaptic scaling
///   intrinsic     the gain of the summed synaptic input h = sum_j W_ij y_j, and the bias, each
///   with
///                 the neuron's own learning; x = h; not asleep
///   oja           x = y = outputs; not asleep
///   hebbian       x = outputs, m = what set_teaching() last gave, or outputs; not asleep
///   decay         every decay.interval_ms; with the rule `sleep`, asleep only
///   pruning       every pruning.interval_ms; with the rule `sleep`, asleep only
///   structural    calcium and elements; rewires every structural.interval_ms
///   neurogenesis  by the error that set_error() last gave
///
/// That learning runs awake and downscaling asleep is the synaptic homeostasis hypothesis (Tononi &
/// Cirelli, Neuron 81:12, 2014).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/hdf5_file.hpp"
#include "core/threads.hpp"
#include "physics/kernels/kernels.hpp"
#include "physics/plasticity/plastic_connectome.hpp"
#include "physics/plasticity/plasticity_spec.hpp"
#include "physics/vitals/levels.hpp"

namespace noesis {

/// What plasticity has done to a brain so far.
struct PlasticityReport {
  std::int64_t num_alive = 0;
  std::int64_t num_synapses = 0;
  std::int64_t num_born = 0;
  std::int64_t num_died = 0;
  std::int64_t num_pruned = 0;  ///< synapses, those of the dead included
  std::int64_t num_added = 0;   ///< synapses that structural plasticity or births made
  double gain = 1;              ///< of arousal
  double sleep_pressure = 0;
  bool asleep = false;
};

/// What the rules do to weights, biases and gains in one run, in this order.
struct WeightRules {
  std::optional<HomeostasisStep> homeostasis;  ///< of rates and biases
  bool scales = false;                         ///< homeostasis of weights
  std::optional<IntrinsicStep> intrinsic;      ///< of gains and biases
  std::optional<double> oja_rate;              ///< learning rate
  std::optional<HebbianSpec> hebbian;          ///< on what set_teaching() last gave, or outputs
  std::optional<double> decay_ms;              ///< time to decay for
  std::optional<StructuralStep> structural;    ///< of calcium and synaptic elements
  double arousal_gain = 1;                     ///< that all gains are multiplied by
  std::int64_t num_neurons = 0;                ///< whose rates, biases and elements move
};

/// Copyable; a copy goes on with the same bits. Not thread-safe; bits do not depend on the arena.
class PlasticBrain {
 public:
  /// `num_places` neurons fit in the batch, those of the connectome and those that may be born. The
  /// seed decides what newborn and rewired neurons get.
  /// @throws ConfigError naming a parameter out of range, or for rules that change a connectome
  ///   which others share, or the structure of one with delays.
  PlasticBrain(const PlasticitySpec& spec, ConnectomePtr connectome, bool is_shared,
               std::int64_t num_places, std::uint64_t seed);

  /// Runs the rules for an interval at whose end the neurons have these outputs (num_places), the
  /// mean |injected current| is `stimulus`, and moves the biases (num_places).
  /// @returns ids that were born, then ids that died.
  struct Change {
    std::vector<std::int32_t> born, died;
  };
  template <Real T>
  Change advance(std::span<const T> outputs, double stimulus, std::span<T> bias,
                 const ThreadArena& arena);

  /// The same for weights and biases that are elsewhere: what is to be done to them there, at a
  /// mean |output| of `activity`; then, if restructures_now(), with weights and what rules remember
  /// brought here, what pruning, rewiring and births do, else pass_by(). Where structure changes
  /// there too: if prunes_now(), take_pruned(), after which rows are stale until take_rows(); then,
  /// if rewires_now(), with everything brought here, rewire_now(), after which rows there are
  /// stale; then, if grows(), with rows that are not stale, grow_now(), whose new synapses are to
  /// be added there.
  WeightRules begin_run(double activity, double stimulus);
  bool restructures_now() const;
  Change restructure_now(const ThreadArena& arena);
  void pass_by();
  bool prunes_now() const;
  bool rewires_now() const;
  Change take_pruned(const Pruned& pruned);
  void take_rows(std::span<const std::int32_t> row_count, std::vector<std::int32_t> sources,
                 std::vector<float> weights);
  void rewire_now();
  bool grows() const noexcept { return neurogenesis_.has_value(); }
  Change grow_now(std::vector<Synapse>& added);
  double pruning_threshold() const noexcept { return spec_.pruning.threshold; }
  /// Lets so many neurons be born now, as many of them as there are places and max_neurons allows,
  /// whatever the error. @throws ConfigError without neurogenesis.
  Change spawn_now(std::int64_t count);
  /// A sleep at once: weights decay for decay.interval_ms where that rule runs, weak synapses and
  /// who they leave alone are pruned, the table is compacted. @throws ConfigError without pruning.
  Change sleep_now(const ThreadArena& arena);
  double error() const noexcept { return error_; }
  /// What a mean |output| is to the rules.
  static double activity_of(const Levels& levels, std::int64_t num_neurons) {
    return levels.size_sum / static_cast<double>(num_neurons);
  }
  /// Whether any rule asks for it.
  bool needs_activity() const noexcept { return sleep_.has_value(); }
  /// What comes back from elsewhere: null where there is none.
  float* weights() noexcept { return connectome_ ? connectome_->weights() : nullptr; }
  /// Empty spans where a rule does not run.
  struct Memory {
    Homeostasis::Memory homeostasis;
    IntrinsicPlasticity::Memory intrinsic;
    StructuralPlasticity::Memory structural;

    /// Of the first `count` neurons.
    Memory first(std::size_t count) const;
  };
  Memory memory() noexcept;
  /// Whether biases or gains are moved by rules, by how active the neurons are.
  bool moves_inputs() const noexcept { return homeostasis_ || intrinsic_; }
  bool learns_gains() const noexcept { return intrinsic_.has_value(); }
  /// Postsynaptic factors (num_places) as set_teaching() last gave them; empty: outputs.
  std::span<const double> teaching() const noexcept {
    return has_teaching_ ? std::span(teaching_) : std::span<const double>();
  }
  const WeightDecaySpec& decay() const noexcept { return spec_.decay; }

  /// Error that drives neurogenesis until it is set again; 0 before. @throws ConfigError when it is
  /// negative or not finite.
  void set_error(double error);
  /// Postsynaptic factors (num_places) of the rule `hebbian` until they are set again; none, as at
  /// first: the outputs. @throws ConfigError for another number, or one that is not finite.
  void set_teaching(std::span<const double> factors);

  /// Edits weights or synapses by hand; neurons may die by it, none may be born. Requires
  /// has_connectome().
  Change edit(const std::function<void(PlasticConnectome&)>& edit);

  /// Places where somebody was born, dead ones included; the rules see no others.
  std::int64_t num_neurons() const noexcept;
  bool has_connectome() const noexcept { return connectome_.has_value(); }
  /// Requires has_connectome().
  const PlasticConnectome& connectome() const { return *connectome_; }
  /// The table for the kernels, with empty rows up to num_places; valid until the next advance().
  SynapseView synapses() const;

  bool is_alive(std::int64_t place) const {
    return !connectome_ || (place < connectome_->num_neurons() && connectome_->alive(place));
  }
  /// Whether rules decide gain(): of arousal, times what the place has learnt.
  bool has_gain() const noexcept { return arousal_ || intrinsic_; }
  double arousal_gain() const noexcept { return arousal_ ? arousal_->gain() : 1; }
  double gain(std::int64_t place) const noexcept {
    const bool has_learnt = intrinsic_ && place < num_neurons();
    return arousal_gain() * (has_learnt ? intrinsic_->gains()[static_cast<std::size_t>(place)] : 1);
  }
  PlasticityReport report() const;

  /// As groups and datasets under `group`, which must exist. read() has the strong guarantee.
  /// @throws ConfigError for a damaged file.
  void write(Hdf5File& file, const std::string& group) const;
  void read(const Hdf5File& file, const std::string& group);

 private:
  bool every(double interval_ms) const;
  bool asleep() const noexcept { return sleep_ && sleep_->asleep(); }
  void pad_rows();
  void take_birth(const Born& born, std::int64_t synapses_before, Change& change);
  template <Real T>
  void learn_hebbian(std::span<const T> outputs, const ThreadArena& arena);
  template <Real T>
  void learn_intrinsic(std::span<const T> outputs, std::span<T> bias, const ThreadArena& arena);

  template <class Self, class V>
  static void visit_state(Self& self, V& v);

  PlasticitySpec spec_;
  ConnectomePtr original_;
  std::uint64_t seed_;
  std::int64_t num_places_;
  std::int64_t num_runs_ = 0;
  double error_ = 0;
  std::vector<double> teaching_;  // (num_places)
  bool has_teaching_ = false;
  PlasticityReport counts_;  // born, died, pruned, added
  std::optional<PlasticConnectome> connectome_;
  std::optional<Homeostasis> homeostasis_;
  std::optional<IntrinsicPlasticity> intrinsic_;
  std::optional<StructuralPlasticity> structural_;
  std::optional<Neurogenesis> neurogenesis_;
  std::optional<SleepSchedule> sleep_;
  std::optional<Arousal> arousal_;
  std::vector<std::int64_t> row_begin_;  // (num_places), where structure changes
  std::vector<std::int32_t> row_count_;
};

}  // namespace noesis

#pragma once
/// Conduction delays: what a synapse delivers now is what its source transmitted a while ago,
///
///   input_i(t) = sum_j W_ij y_j(t - d_ij),   d_ij > 0
///
/// Delays are rounded to whole steps, at least one, so that the input of every step is known before
/// it begins; within a step it is interpolated linearly between its two ends. That costs one sparse
/// product a step, whatever the number of stages, and makes every integrator of order two or more
/// second order in the delayed input (a history that does not solve the equation leaves kinks at
/// multiples of the delays, which would spoil a higher order in any case: Bellen & Zennaro,
/// Numerical Methods for Delay Differential Equations, Oxford 2003, ch. 2).

#include <span>
#include <vector>

#include "core/threads.hpp"
#include "physics/connectome.hpp"
#include "physics/kernels/kernels.hpp"
#include "physics/state.hpp"

namespace noesis {

/// The past outputs and the inputs of a batch. Memory: outputs of the longest delay, rounded up to
/// a power of two steps, for every neuron and environment. Not thread-safe; bits do not depend on
/// the arena.
template <Real T>
class DelayLine {
 public:
  /// `shape` is the batch's. @throws ConfigError for a delay below half a step or above 65535
  /// steps, or when the past does not fit the memory.
  DelayLine(const std::vector<ConnectomePtr>& connectomes, BatchShape shape, double dt_ms,
            const ThreadArena& arena);

  /// Of rows that are a part of a brain, `shape` being theirs, with sources below `num_sources`:
  /// steps (num_synapses) as num_steps() gives them, none above `longest`. `table` and `steps`
  /// outlive it.
  DelayLine(const SynapseView& table, std::span<const std::uint16_t> steps, std::int64_t longest,
            BatchShape shape, std::int64_t num_sources, const ThreadArena& arena);

  /// Reads weights of another table of the same structure, for the environments of a connectome.
  void set_weights(std::size_t connectome, const float* weights) {
    tables_[connectome].weights = weights;
  }

  /// For what keeps the past elsewhere and takes the steps there: the outputs, [tile][slot][neuron]
  /// [lane], step s being in slot s mod num_slots(), the input of the next step's beginning,
  /// [tile][neuron][lane], and each synapse's delay in steps.
  std::span<T> past_values() noexcept { return past_; }
  std::span<T> next_input() noexcept {
    return {end_.data(), static_cast<std::size_t>(end_.size())};
  }
  std::int64_t num_slots() const noexcept { return num_slots_; }

  /// Begins step `step` (0, 1, ...) with what neurons transmit then: a tile's outputs are to be
  /// written to newest(step) first.
  T* newest(std::int64_t step, std::int64_t tile) noexcept {
    return past_.data() + tile * tile_size() + slot(step) * slot_size();
  }
  void begin_step(std::int64_t step);

  /// The delays of a connectome's synapses (num_synapses), and the longest of all [steps].
  std::span<const std::uint16_t> num_steps(std::size_t connectome) const noexcept {
    return steps_[connectome];
  }
  std::int64_t longest() const noexcept { return longest_; }

  /// Summed input of a tile (num_neurons x tile_width) at a fraction of the step begun, 0 to 1.
  /// Valid until the next call for any tile.
  void set_fraction(double fraction);
  const T* input(std::int64_t tile) const noexcept { return current_->plane(tile, 0); }

  /// Makes the present outputs (num_neurons) of an environment its whole past, before step `step`.
  void fill(std::int64_t env, std::int64_t step, std::span<const T> outputs);

  /// The past of an environment before step `step`, oldest first, then the input at the step:
  /// (history_size()). set_history() puts it in place before any step of any batch with the same
  /// delays.
  std::int64_t history_size() const noexcept {
    return (longest_ - 1) * num_sources_ + one_.num_neurons;
  }
  void append_history(std::int64_t env, std::int64_t step, std::vector<T>& values) const;
  void set_history(std::int64_t env, std::int64_t step, std::span<const T> values);

 private:
  std::int64_t slot(std::int64_t step) const noexcept { return step & (num_slots_ - 1); }
  std::int64_t slot_size() const noexcept { return num_sources_ * one_.tile_width; }
  std::int64_t tile_size() const noexcept { return num_slots_ * slot_size(); }
  void allocate();
  T& past(std::int64_t env, std::int64_t step, std::int64_t neuron) noexcept;
  T past(std::int64_t env, std::int64_t step, std::int64_t neuron) const noexcept {
    return const_cast<DelayLine*>(this)->past(env, step, neuron);
  }
  void sum(std::int64_t step, std::int64_t tile, T* input, std::int64_t first,
           std::int64_t last) const;

  BatchShape one_;  // of the inputs
  std::int64_t num_sources_;
  const ThreadArena& arena_;
  std::vector<SynapseView> tables_;  // (num_connectomes)
  std::vector<std::vector<std::uint16_t>> owned_steps_;
  std::vector<std::span<const std::uint16_t>> steps_;  // (num_connectomes)(num_synapses)
  std::int64_t longest_ = 1;                           // steps
  std::int64_t num_slots_ = 2;
  AlignedVector<T> past_;  // [tile][slot][neuron][lane]
  State<T> begin_, end_, between_;
  const State<T>* current_ = &begin_;
};

}  // namespace noesis

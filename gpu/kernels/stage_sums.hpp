#pragma once
/// What every stage of a method begins with: the synaptic input of a row by a sparse product, or as
/// it has arrived with delays, the gap currents, and what the neuron has of its own.

#include <cstdint>

#include "gpu/kernels/row_sum.hpp"
#include "physics/models/model.hpp"

namespace noesis::NOESIS_GPU {

/// What a stage makes of the derivative: stage.hpp, rosenbrock.hpp.
enum class StageKind : std::int32_t { kRungeKutta, kPredictor, kCorrector, kSlope, kRosenbrock };

/// Arrays are [tile][component][neuron][lane], those of one number a neuron [tile][neuron][lane].
template <class T>
struct StageView {
  BatchView batch;
  DeviceTables synapses, gap_junctions;
  InputsView<T> inputs;
  StageKind kind = StageKind::kRungeKutta;
  bool is_first = false, is_last = false;
  T a = 0, b = 0;             // coefficients times dt; else: a = h, b = h / 2
  const T* x = nullptr;       // state at the step's beginning
  const T* y = nullptr;       // state at this stage
  const T* noise = nullptr;   // increments of this step, or null; read in the stages that add them
  T* sum = nullptr;           // of slopes
  T* next = nullptr;          // y', or x' in the last stage; neither x nor y
  const T* output = nullptr;  // what synapses carry at y; null: the first component of y
  T* next_output = nullptr;   // the same at `next`, where output is not null
  // With conduction delays: the input at the step's beginning, the one at its end (null: the first
  // alone), and how far between them the stage is.
  const T* delayed = nullptr;
  const T* delayed_end = nullptr;
  T fraction = 0;
};

template <class Model, int kWidth>
struct StageSums {
  using T = typename Model::Scalar;
  using Layout = TeamLayout<T, kWidth>;
  static constexpr int kTeamSize = Layout::kThreads;
  static constexpr int kComponents = Model::kNumComponents;
  using RowTeam = Team<kTeamSize>;
  using Parts = Pack<T, Layout::kPack>;
  using Sums = typename RowTeam::template Slot<T>;

  Model model;
  StageView<T> view;

 protected:
  /// What a neuron has of its own in one environment.
  struct Own {
    T y[kComponents], x[kComponents], sum[kComponents];
    T drive;
  };

  NOESIS_DEVICE std::int64_t plane() const { return view.batch.num_neurons * kWidth; }
  /// Environments from the first of a tile on.
  NOESIS_DEVICE std::int64_t num_envs_from(std::int64_t tile) const {
    return view.batch.num_envs - tile * kWidth;
  }

  /// Whether the thread has an environment of the tile to itself in the end: Layout::env(t).
  static NOESIS_DEVICE bool owns(int t, std::int64_t num_envs) {
    return Layout::is_owner(t) && Layout::env(t) < num_envs;
  }

  static NOESIS_DEVICE bool is_held(T moves, int component) {
    return component == 0 ? moves < kFree<T> : moves < kClamped<T>;
  }
  NOESIS_DEVICE T moves_at(std::int64_t one) const {
    return view.inputs.moves == nullptr ? kFree<T> : view.inputs.moves[one];
  }
  NOESIS_DEVICE void apply_gain(std::int64_t one, T& input, T& strength) const {
    if (view.inputs.gain == nullptr) return;
    input *= view.inputs.gain[one];
    strength *= view.inputs.gain[one];
  }

  /// The state that a stage leaves, and what synapses carry there.
  NOESIS_DEVICE void write_next(std::int64_t one, std::int64_t all, const T* next) const {
    NOESIS_UNROLL
    for (int c = 0; c < kComponents; ++c) {
      if (c == 0) {
        view.next[all] = next[0];  // of which the next stage gathers
      } else {
        write_once(view.next + all + c * plane(), next[c]);
      }
    }
    if (view.output == nullptr) return;
    const bool mute = view.inputs.transmits != nullptr && view.inputs.transmits[one] == T(0);
    view.next_output[one] = mute ? T(0) : model.output(next);
  }

  NOESIS_DEVICE Own read_own(std::int64_t neuron, std::int64_t tile, int env) const {
    const StageView<T>& v = view;
    const std::int64_t in_plane = neuron * kWidth + env;
    const std::int64_t at = tile * kComponents * plane() + in_plane;
    const bool reads_x = !v.is_first && !(v.is_last && v.kind == StageKind::kRungeKutta);
    Own own;
    NOESIS_UNROLL
    for (int c = 0; c < kComponents; ++c) {
      own.y[c] = c == 0 ? v.y[at] : read_once(v.y + at + c * plane());  // others gather the first
      own.x[c] = reads_x ? read_once(v.x + at + c * plane()) : own.y[c];
      own.sum[c] = v.is_first ? own.y[c] : read_once(v.sum + at + c * plane());
    }
    own.drive = read_once(v.inputs.drive + tile * plane() + in_plane);
    return own;
  }
  /// Summed input, that of absolute weights where the model asks for it, and gap currents where
  /// there may be any.
  template <bool kHasGaps>
  NOESIS_DEVICE void sum_inputs(const RowTeam& team, const DeviceRow& row, std::int64_t tile,
                                Sums& input, Sums& strength, Sums& gap) const {
    const StageView<T>& v = view;
    const std::int64_t num_envs = num_envs_from(tile);
    if (v.delayed != nullptr) {
      team.each([&](int t) {
        if (!owns(t, num_envs)) return;
        const std::int64_t at = tile * plane() + std::int64_t{row.neuron} * kWidth + Layout::env(t);
        const T from = v.delayed[at];
        input[t] =
            v.delayed_end == nullptr ? from : math::fma(v.fraction, v.delayed_end[at] - from, from);
      });
    } else {
      const T* const output = v.output == nullptr ? state_of(tile) : v.output + tile * plane();
      const DeviceTable table = v.synapses.of(tile);
      if constexpr (has_strength<Model>) {
        sum_with_strength(team, table, row, output, num_envs, input, strength);
      } else {
        weighted_sum<T, kWidth>(team, table, row, output, num_envs, input);
      }
    }
    if constexpr (kHasGaps) {
      const DeviceTable gaps = v.gap_junctions.of(tile);
      if (gaps.rows != nullptr) sum_gaps(team, gaps, gaps.rows[row.neuron], tile, gap);
    }
  }

  /// sum_j a_row,j over junctions whose two ends transmit: what a gap current loses with the
  /// neuron's own potential.
  NOESIS_DEVICE void sum_gap_losses(const RowTeam& team, std::int32_t neuron, std::int64_t tile,
                                    Sums& loss) const {
    const DeviceTable gaps = view.gap_junctions.of(tile);
    if (gaps.rows == nullptr) return;
    const T* const transmits = transmits_of(tile);
    const std::int64_t own_place = std::int64_t{neuron} * kWidth;
    typename RowTeam::template Slot<Parts> parts;
    for_synapses<T, kWidth>(
        team, gaps, gaps.rows[neuron], state_of(tile), num_envs_from(tile),
        [&](int t, T weight, const T*, std::uint32_t at) {
          const std::int64_t own = own_place + Layout::first_env(t);
          NOESIS_UNROLL
          for (int e = 0; e < Layout::kPack; ++e) {
            const T open = transmits == nullptr ? T(1) : transmits[at + e] * transmits[own + e];
            T& part = parts[t].values[e];
            part = math::fma(weight, open, part);
          }
        });
    add_lanes<T, kWidth>(team, parts, loss);
  }

 private:
  NOESIS_DEVICE const T* state_of(std::int64_t tile) const {
    return view.y + tile * kComponents * plane();
  }
  NOESIS_DEVICE const T* transmits_of(std::int64_t tile) const {
    return view.inputs.transmits == nullptr ? nullptr : view.inputs.transmits + tile * plane();
  }

  NOESIS_DEVICE void sum_with_strength(const RowTeam& team, const DeviceTable& table,
                                       const DeviceRow& row, const T* output, std::int64_t num_envs,
                                       Sums& input, Sums& strength) const {
    typename RowTeam::template Slot<Parts> parts, absolute;
    for_synapses<T, kWidth>(team, table, row, output, num_envs,
                            [&](int t, T weight, const T* value, std::uint32_t) {
                              const T size = weight < T(0) ? -weight : weight;
                              NOESIS_UNROLL
                              for (int e = 0; e < Layout::kPack; ++e) {
                                T& part = parts[t].values[e];
                                part = math::fma(weight, value[e], part);
                                T& absolute_part = absolute[t].values[e];
                                absolute_part = math::fma(size, value[e], absolute_part);
                              }
                            });
    add_lanes<T, kWidth>(team, parts, input);
    add_lanes<T, kWidth>(team, absolute, strength);
  }

  /// Gap currents between neurons whose two ends transmit.
  NOESIS_DEVICE void sum_gaps(const RowTeam& team, const DeviceTable& gaps, const DeviceRow& row,
                              std::int64_t tile, Sums& gap) const {
    const T* const y = state_of(tile);
    const T* const transmits = transmits_of(tile);
    const std::int64_t own_place = std::int64_t{row.neuron} * kWidth;
    typename RowTeam::template Slot<Parts> parts;
    for_synapses<T, kWidth>(team, gaps, row, y, num_envs_from(tile),
                            [&](int t, T weight, const T* value, std::uint32_t at) {
                              const T* const own = y + own_place + Layout::first_env(t);
                              NOESIS_UNROLL
                              for (int e = 0; e < Layout::kPack; ++e) {
                                T current = value[e] - own[e];
                                if (transmits != nullptr) current = current * transmits[at + e];
                                T& part = parts[t].values[e];
                                part = math::fma(weight, current, part);
                              }
                            });
    add_lanes<T, kWidth>(team, parts, gap);
    if (transmits == nullptr) return;
    team.each([&](int t) { gap[t] *= transmits[own_place + Layout::env(t)]; });
  }
};

}  // namespace noesis::NOESIS_GPU

#pragma once
/// One stage of an explicit method, fused: the synaptic input of a row by a sparse product, the
/// model's derivative, and what the method makes of it, without a round trip through memory.
///
/// With k = f(y), the methods of physics/integrator.hpp sum in this order, which is that of
/// Boost.Odeint, so that the bits are the CPU's:
///
///   kRungeKutta   sum = sum + b k (it begins as x);  y' = x + a k;  in the last stage x' = sum,
///                 to which the noise is added
///   kPredictor    stochastic Heun: y' = x + (h k + noise), sum = k
///   kCorrector    x' = x + (h / 2 (sum + k) + noise)

#include <cstdint>

#include "gpu/kernels/row_sum.hpp"
#include "physics/models/model.hpp"

namespace noesis::NOESIS_GPU {

enum class StageKind : std::int32_t { kRungeKutta, kPredictor, kCorrector };

/// Arrays are [tile][component][neuron][lane], those of one number a neuron [tile][neuron][lane].
template <class T>
struct StageView {
  BatchView batch;
  DeviceTables synapses, gap_junctions;
  InputsView<T> inputs;
  StageKind kind = StageKind::kRungeKutta;
  bool is_first = false, is_last = false;
  T a = 0, b = 0;             // coefficients times dt; kPredictor and kCorrector: a = h, b = h / 2
  const T* x = nullptr;       // state at the step's beginning
  const T* y = nullptr;       // state at this stage
  const T* noise = nullptr;   // increments of this step, or null; read in the stages that add them
  T* sum = nullptr;           // of slopes, see above
  T* next = nullptr;          // y', or x' in the last stage; neither x nor y
  const T* output = nullptr;  // what synapses carry at y; null: the first component of y
  T* next_output = nullptr;   // the same at `next`, where output is not null
};

template <class Model, int kWidth>
struct Stage {
  using T = typename Model::Scalar;
  using Layout = TeamLayout<T, kWidth>;
  static constexpr int kTeamSize = Layout::kThreads;
  static constexpr int kMinBlocks = kWidth == 1 ? 1 : 4;  // measured: enough reads are on their way
  static constexpr int kComponents = Model::kNumComponents;
  using RowTeam = Team<kTeamSize>;
  using Parts = Pack<T, Layout::kPack>;

  Model model;
  StageView<T> view;

  NOESIS_DEVICE void operator()(const RowTeam& team, std::int64_t place, std::int64_t tile) const {
    const StageView<T>& v = view;
    const DeviceTable table = v.synapses.of(tile);
    const DeviceRow row = table.rows[place];
    const std::int64_t plane = v.batch.num_neurons * kWidth;
    const std::int64_t num_envs = v.batch.num_envs - tile * kWidth;  // of this tile on
    const T* const y = v.y + tile * kComponents * plane;
    const T* const output = v.output == nullptr ? y : v.output + tile * plane;

    // Asked for before the sum, so that it is there after it.
    typename RowTeam::template Slot<Own> own;
    team.each([&](int t) {
      const int env = Layout::env(t);
      if (Layout::is_owner(t) && env < num_envs) own[t] = read_own(row.neuron, tile, env);
    });
    typename RowTeam::template Slot<T> input, strength, gap;
    if constexpr (has_strength<Model>) {
      sum_with_strength(team, table, row, output, num_envs, input, strength);
    } else {
      weighted_sum<T, kWidth>(team, table, row, output, num_envs, input);
    }
    const DeviceTable gaps = v.gap_junctions.of(tile);
    if (gaps.rows != nullptr) sum_gaps(team, gaps, gaps.rows[row.neuron], tile, y, num_envs, gap);

    team.each([&](int t) {
      const int env = Layout::env(t);
      if (!Layout::is_owner(t) || env >= num_envs) return;
      finish(row.neuron, tile, env, own[t], input[t], strength[t], gap[t]);
    });
  }

 private:
  /// What a neuron has of its own in one environment.
  struct Own {
    T y[kComponents], x[kComponents], sum[kComponents];
    T drive;
  };

  NOESIS_DEVICE Own read_own(std::int64_t neuron, std::int64_t tile, int env) const {
    const StageView<T>& v = view;
    const std::int64_t plane = v.batch.num_neurons * kWidth;
    const std::int64_t in_plane = neuron * kWidth + env;
    const std::int64_t at = tile * kComponents * plane + in_plane;
    Own own;
    NOESIS_UNROLL
    for (int c = 0; c < kComponents; ++c) {
      own.y[c] = v.y[at + c * plane];
      own.x[c] = v.is_first ? own.y[c] : v.x[at + c * plane];
      own.sum[c] = v.is_first ? own.x[c] : v.sum[at + c * plane];
    }
    own.drive = v.inputs.drive[tile * plane + in_plane];
    return own;
  }

  /// The input, and that of absolute weights.
  NOESIS_DEVICE void sum_with_strength(const RowTeam& team, const DeviceTable& table,
                                       const DeviceRow& row, const T* output, std::int64_t num_envs,
                                       typename RowTeam::template Slot<T>& input,
                                       typename RowTeam::template Slot<T>& strength) const {
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
                              std::int64_t tile, const T* y, std::int64_t num_envs,
                              typename RowTeam::template Slot<T>& gap) const {
    const std::int64_t plane = view.batch.num_neurons * kWidth;
    const T* const transmits =
        view.inputs.transmits == nullptr ? nullptr : view.inputs.transmits + tile * plane;
    const std::int64_t first = std::int64_t{row.neuron} * kWidth;
    typename RowTeam::template Slot<Parts> parts;
    for_synapses<T, kWidth>(team, gaps, row, y, num_envs,
                            [&](int t, T weight, const T* value, std::uint32_t at) {
                              const T* const own = y + first + Layout::first_env(t);
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
    team.each([&](int t) { gap[t] *= transmits[first + Layout::env(t)]; });
  }

  /// The derivative of one neuron in one environment, and the next state.
  NOESIS_DEVICE void finish(std::int64_t neuron, std::int64_t tile, int env, const Own& own,
                            T input, T strength, T gap) const {
    const StageView<T>& v = view;
    const std::int64_t plane = v.batch.num_neurons * kWidth;
    const std::int64_t in_plane = neuron * kWidth + env;
    const std::int64_t one = tile * plane + in_plane;
    const std::int64_t all = tile * kComponents * plane + in_plane;
    T slope[kComponents];
    if (v.inputs.gain != nullptr) {
      input *= v.inputs.gain[one];
      strength *= v.inputs.gain[one];
    }
    evaluate(model, own.y, input, strength, gap, own.drive, slope);
    const T moves = v.inputs.moves == nullptr ? kFree<T> : v.inputs.moves[one];
    T next[kComponents];
    NOESIS_UNROLL
    for (int c = 0; c < kComponents; ++c) {
      const bool held = c == 0 ? moves < kFree<T> : moves < kClamped<T>;
      const T k = held ? T(0) : slope[c];
      const std::int64_t at = all + c * plane;
      const T increment = v.noise == nullptr || held ? T(0) : v.noise[at];
      if (v.kind == StageKind::kPredictor) {
        v.sum[at] = k;
        next[c] = own.x[c] + math::fma(v.a, k, increment);
      } else if (v.kind == StageKind::kCorrector) {
        next[c] = own.x[c] + math::fma(v.b, own.sum[c] + k, increment);
      } else {
        const T sum = own.sum[c] + v.b * k;
        if (!v.is_last) {
          v.sum[at] = sum;
          next[c] = own.x[c] + v.a * k;
        } else {
          next[c] = v.noise != nullptr ? sum + increment : sum;
        }
      }
      v.next[at] = next[c];
    }
    if (v.output == nullptr) return;
    const bool mute = v.inputs.transmits != nullptr && v.inputs.transmits[one] == T(0);
    v.next_output[one] = mute ? T(0) : model.output(next);
  }
};

}  // namespace noesis::NOESIS_GPU

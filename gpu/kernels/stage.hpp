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

#include "core/rng.hpp"
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
  NoiseView noise;
  StageKind kind = StageKind::kRungeKutta;
  bool is_first = false, is_last = false;
  T a = 0, b = 0;             // coefficients times dt; kPredictor and kCorrector: a = h, b = h / 2
  const T* x = nullptr;       // state at the step's beginning
  const T* y = nullptr;       // state at this stage
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
  static constexpr int kComponents = Model::kNumComponents;
  using RowTeam = Team<kTeamSize>;
  using Parts = Pack<T, Layout::kPack>;

  Model model;
  StageView<T> view;

  NOESIS_DEVICE void operator()(const RowTeam& team, std::int64_t place, std::int64_t tile) const {
    const StageView<T>& v = view;
    const DeviceTable table = v.synapses.of(tile);
    const std::int64_t row = table.order[place];
    const std::int64_t plane = v.batch.num_neurons * kWidth;
    const T* const y = v.y + tile * kComponents * plane;
    const T* const output = v.output == nullptr ? y : v.output + tile * plane;

    typename RowTeam::template Slot<Parts> parts, strength_parts;
    team.each([&](int t) {
      T* const lane = parts[t].values;
      T* const absolute = strength_parts[t].values;
      NOESIS_UNROLL
      for (int e = 0; e < Layout::kPack; ++e) lane[e] = absolute[e] = T(0);
      if (tile * kWidth + Layout::first_env(t) >= v.batch.num_envs) return;
      for_lane<T, kWidth>(table.rows, row, t, output, [&](T weight, const T* value, std::int64_t) {
        NOESIS_UNROLL
        for (int e = 0; e < Layout::kPack; ++e) {
          lane[e] = math::fma(weight, value[e], lane[e]);
          if constexpr (has_strength<Model>) {
            absolute[e] = math::fma(weight < T(0) ? -weight : weight, value[e], absolute[e]);
          }
        }
      });
    });
    typename RowTeam::template Slot<T> input, strength, gap;
    add_lanes<T, kWidth>(team, parts, input);
    if constexpr (has_strength<Model>) add_lanes<T, kWidth>(team, strength_parts, strength);
    const DeviceTable gaps = v.gap_junctions.of(tile);
    if (gaps.rows.row_begin != nullptr) sum_gaps(team, gaps, row, tile, y, gap);

    team.each([&](int t) {
      const int env = Layout::env(t);
      if (!Layout::is_owner(t) || tile * kWidth + env >= v.batch.num_envs) return;
      finish(row, tile, env, input[t], strength[t], gap[t]);
    });
  }

 private:
  /// Gap currents between neurons whose two ends transmit.
  NOESIS_DEVICE void sum_gaps(const RowTeam& team, const DeviceTable& gaps, std::int64_t row,
                              std::int64_t tile, const T* y,
                              typename RowTeam::template Slot<T>& gap) const {
    const std::int64_t plane = view.batch.num_neurons * kWidth;
    const T* const transmits =
        view.inputs.transmits == nullptr ? nullptr : view.inputs.transmits + tile * plane;
    typename RowTeam::template Slot<Parts> parts;
    team.each([&](int t) {
      T* const lane = parts[t].values;
      NOESIS_UNROLL
      for (int e = 0; e < Layout::kPack; ++e) lane[e] = T(0);
      if (tile * kWidth + Layout::first_env(t) >= view.batch.num_envs) return;
      const T* const own = y + row * kWidth + Layout::first_env(t);
      for_lane<T, kWidth>(gaps.rows, row, t, y, [&](T weight, const T* value, std::int64_t at) {
        NOESIS_UNROLL
        for (int e = 0; e < Layout::kPack; ++e) {
          T current = value[e] - own[e];
          if (transmits != nullptr) current = current * transmits[at + e];
          lane[e] = math::fma(weight, current, lane[e]);
        }
      });
    });
    add_lanes<T, kWidth>(team, parts, gap);
    if (transmits == nullptr) return;
    team.each([&](int t) { gap[t] *= transmits[row * kWidth + Layout::env(t)]; });
  }

  /// The derivative of one neuron in one environment, and the next state.
  NOESIS_DEVICE void finish(std::int64_t row, std::int64_t tile, int env, T input, T strength,
                            T gap) const {
    const StageView<T>& v = view;
    const std::int64_t plane = v.batch.num_neurons * kWidth;
    const std::int64_t own = row * kWidth + env;  // in a plane
    const std::int64_t one = tile * plane + own;
    const std::int64_t all = tile * kComponents * plane + own;
    T y[kComponents], slope[kComponents];
    NOESIS_UNROLL
    for (int c = 0; c < kComponents; ++c) y[c] = v.y[all + c * plane];
    if (v.inputs.gain != nullptr) {
      input *= v.inputs.gain[one];
      strength *= v.inputs.gain[one];
    }
    evaluate(model, y, input, strength, gap, v.inputs.drive[one], slope);
    const T moves = v.inputs.moves == nullptr ? kFree<T> : v.inputs.moves[one];
    T noise[kComponents] = {};
    if (v.noise.scale > 0 && (v.is_last || v.kind == StageKind::kPredictor)) {
      draw_noise(tile * kWidth + env, row, noise);
    }
    T next[kComponents];
    NOESIS_UNROLL
    for (int c = 0; c < kComponents; ++c) {
      const bool held = c == 0 ? moves < kFree<T> : moves < kClamped<T>;
      const T k = held ? T(0) : slope[c];
      const T increment = held ? T(0) : noise[c];
      const std::int64_t at = all + c * plane;
      const T x = v.is_first ? y[c] : v.x[at];
      if (v.kind == StageKind::kPredictor) {
        v.sum[at] = k;
        next[c] = x + math::fma(v.a, k, increment);
      } else if (v.kind == StageKind::kCorrector) {
        next[c] = x + math::fma(v.b, v.sum[at] + k, increment);
      } else {
        const T sum = (v.is_first ? x : v.sum[at]) + v.b * k;
        if (!v.is_last) {
          v.sum[at] = sum;
          next[c] = x + v.a * k;
        } else {
          next[c] = v.noise.scale > 0 ? sum + increment : sum;
        }
      }
      v.next[at] = next[c];
    }
    if (v.output == nullptr) return;
    const bool mute = v.inputs.transmits != nullptr && v.inputs.transmits[one] == T(0);
    v.next_output[one] = mute ? T(0) : model.output(next);
  }

  NOESIS_DEVICE void draw_noise(std::int64_t env, std::int64_t row, T* noise) const {
    const NoiseView& n = view.noise;
    const auto step = static_cast<std::uint64_t>(n.step - n.episode_start[env]);
    NOESIS_UNROLL
    for (int c = 0; c < kComponents; c += 2) {
      const RandomPair pair =
          normal_pair(n.seeds[env], Stream::kNoise, step, static_cast<std::uint32_t>(row),
                      static_cast<std::uint32_t>(c / 2));
      noise[c] = static_cast<T>(n.scale * pair.first);
      if (c + 1 < kComponents) noise[c + 1] = static_cast<T>(n.scale * pair.second);
    }
  }
};

}  // namespace noesis::NOESIS_GPU

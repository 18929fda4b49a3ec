#pragma once
/// The input that arrives with conduction delays, once a step (physics/delay_line.hpp).

#include <cstdint>

#include "gpu/kernels/row_sum.hpp"

namespace noesis::NOESIS_GPU {

/// input_i = sum_k w_k past[step - delay_k][source_k] at step `step`, in the order of all sums.
/// Arrays are [tile][neuron][lane], `past` [tile][slot][neuron][lane].
template <class T, int kWidth>
struct DelayedInput {
  using Layout = TeamLayout<T, kWidth>;
  static constexpr int kTeamSize = Layout::kThreads;
  using RowTeam = Team<kTeamSize>;

  BatchView batch;
  DeviceTables synapses;  // with steps
  const T* past = nullptr;
  std::int64_t slot_mask = 0;  // number of slots, a power of two, less 1
  std::int64_t step = 0;
  T* input = nullptr;

  NOESIS_DEVICE void operator()(const RowTeam& team, std::int64_t place, std::int64_t tile) const {
    const DeviceTable table = synapses.of(tile);
    const DeviceRow row = table.rows[place];
    const std::int64_t num_envs = batch.num_envs - tile * kWidth;
    const std::int64_t plane = batch.num_neurons * kWidth;
    const T* const own_past = past + tile * (slot_mask + 1) * plane;
    using Values = Pack<T, Layout::kPack>;
    typename RowTeam::template Slot<Values> parts;
    team.each([&](int t) {
      if (Layout::first_env(t) >= num_envs) return;
      NOESIS_UNROLL_FOUR
      for (std::int32_t k = Layout::lane(t); k < row.count; k += kSumLanes) {
        const std::int64_t at = row.begin + k;
        const std::int64_t slot = (step - table.steps[at]) & slot_mask;
        const std::int64_t source = read_once(table.sources + at);
        const Values values = *reinterpret_cast<const Values*>(
            own_past + slot * plane + source * kWidth + Layout::first_env(t));
        const T weight = static_cast<T>(read_once(table.weights + at));
        NOESIS_UNROLL
        for (int e = 0; e < Layout::kPack; ++e) {
          T& part = parts[t].values[e];
          part = math::fma(weight, values.values[e], part);
        }
      }
    });
    typename RowTeam::template Slot<T> sum;
    add_lanes<T, kWidth>(team, parts, sum);
    team.each([&](int t) {
      const int env = Layout::env(t);
      if (!Layout::is_owner(t) || env >= num_envs) return;
      input[tile * plane + std::int64_t{row.neuron} * kWidth + env] = sum[t];
    });
  }
};

}  // namespace noesis::NOESIS_GPU

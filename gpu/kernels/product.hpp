#pragma once
/// y = A x alone, in the same order of summation: for benchmarks.

#include "gpu/kernels/row_sum.hpp"

namespace noesis::NOESIS_GPU {

/// x and y are [tile][neuron][lane].
template <class T, int kWidth>
struct Product {
  using Layout = TeamLayout<T, kWidth>;
  static constexpr int kTeamSize = Layout::kThreads;
  using RowTeam = Team<kTeamSize>;

  BatchView batch;
  DeviceTable table;
  const T* x = nullptr;
  T* y = nullptr;

  NOESIS_DEVICE void operator()(const RowTeam& team, std::int64_t place, std::int64_t tile) const {
    const std::int64_t row = table.order[place];
    const std::int64_t start = tile * batch.num_neurons * kWidth;
    typename RowTeam::template Slot<Pack<T, Layout::kPack>> parts;
    typename RowTeam::template Slot<T> sum;
    team.each([&](int t) {
      T* const lane = parts[t].values;
      NOESIS_UNROLL
      for (int e = 0; e < Layout::kPack; ++e) lane[e] = T(0);
      if (tile * kWidth + Layout::first_env(t) >= batch.num_envs) return;
      for_lane<T, kWidth>(table.rows, row, t, x + start,
                          [&](T weight, const T* value, std::int64_t) {
                            NOESIS_UNROLL
                            for (int e = 0; e < Layout::kPack; ++e) {
                              lane[e] = math::fma(weight, value[e], lane[e]);
                            }
                          });
    });
    add_lanes<T, kWidth>(team, parts, sum);
    team.each([&](int t) {
      const int env = Layout::env(t);
      if (!Layout::is_owner(t) || tile * kWidth + env >= batch.num_envs) return;
      y[start + row * kWidth + env] = sum[t];
    });
  }
};

}  // namespace noesis::NOESIS_GPU

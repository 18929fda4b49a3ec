#pragma once
/// y = A x alone, in the same order of summation: for benchmarks.

#include "gpu/kernels/row_sum.hpp"

namespace noesis::NOESIS_GPU {

/// x and y are [tile][neuron][lane].
template <class T, int kWidth>
struct Product {
  using Layout = TeamLayout<T, kWidth>;
  static constexpr int kTeamSize = Layout::kThreads;
  static constexpr int kMinBlocks = kWidth == 1 ? 1 : 10;
  using RowTeam = Team<kTeamSize>;

  BatchView batch;
  DeviceTable table;
  const T* x = nullptr;
  T* y = nullptr;

  NOESIS_DEVICE void operator()(const RowTeam& team, std::int64_t place, std::int64_t tile) const {
    const DeviceRow row = table.rows[place];
    const std::int64_t start = tile * batch.num_neurons * kWidth;
    const std::int64_t num_envs = batch.num_envs - tile * kWidth;
    typename RowTeam::template Slot<T> sum;
    weighted_sum<T, kWidth>(team, table, row, x + start, num_envs, sum);
    team.each([&](int t) {
      const int env = Layout::env(t);
      if (!Layout::is_owner(t) || env >= num_envs) return;
      y[start + std::int64_t{row.neuron} * kWidth + env] = sum[t];
    });
  }
};

}  // namespace noesis::NOESIS_GPU

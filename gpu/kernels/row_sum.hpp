#pragma once
/// The sum over a row's synapses for all environments of a tile, by one team, in the order of
/// physics/kernels/kernels.hpp: synapse k goes to lane k mod 8, the lanes are added by halving.
///
/// A lane's part is summed by the same few threads from first to last, each of them for as many
/// environments as 16 bytes hold, so a warp reads eight synapses and the eight cache lines of their
/// sources at once. The halving hands half of the environments to each of two partners, so that in
/// the end every thread owns (or shares) one environment of the row.

#include <cstdint>

#include "core/math.hpp"
#include "gpu/kernels/views.hpp"
#include "gpu/team.hpp"

namespace noesis::NOESIS_GPU {

/// Values that one thread reads at once.
template <class T, int kCount>
struct alignas(sizeof(T) * kCount) Pack {
  T values[kCount];
};

/// How a team's threads divide a row of a tile of `kWidth` environments.
template <class T, int kWidth>
struct TeamLayout {
  static constexpr int kPack = kWidth == 1 ? 1 : static_cast<int>(16 / sizeof(T));
  static constexpr int kThreadsOfLane = kWidth / kPack;
  static constexpr int kThreads = kSumLanes * kThreadsOfLane;

  static NOESIS_DEVICE int lane(int thread) { return thread / kThreadsOfLane; }
  /// First environment (of the tile) that the thread sums.
  static NOESIS_DEVICE int first_env(int thread) { return thread % kThreadsOfLane * kPack; }
  /// The environment whose sum the thread has in the end.
  static NOESIS_DEVICE int env(int thread) {
    const int l = lane(thread);
    int e = first_env(thread);
    if constexpr (kPack >= 2) e += (l & 4) != 0 ? kPack / 2 : 0;
    if constexpr (kPack == 4) e += (l & 2) != 0 ? 1 : 0;
    return e;
  }
  /// One of the threads that have it.
  static NOESIS_DEVICE bool is_owner(int thread) {
    constexpr int kSame = kPack == 4 ? 1 : (kPack == 2 ? 3 : 7);
    return (lane(thread) & kSame) == 0;
  }
};

template <class T, int kWidth>
using RowTeam = Team<TeamLayout<T, kWidth>::kThreads>;

/// Adds the eight lanes of `parts`; sum[t] is that of environment env(t).
template <class T, int kWidth>
NOESIS_DEVICE void add_lanes(
    const RowTeam<T, kWidth>& team,
    typename RowTeam<T, kWidth>::template Slot<Pack<T, TeamLayout<T, kWidth>::kPack>>& parts,
    typename RowTeam<T, kWidth>::template Slot<T>& sum) {
  using Layout = TeamLayout<T, kWidth>;
  using Values = typename RowTeam<T, kWidth>::template Slot<T>;
  constexpr int kPack = Layout::kPack;
  constexpr int kOf = Layout::kThreadsOfLane;
  Values sent, received, second, second_received;
  // Lanes l and l + 4: of two or four environments each keeps one half and sends the other.
  team.each([&](int t) {
    const bool high = (Layout::lane(t) & 4) != 0;
    const T* part = parts[t].values;
    if constexpr (kPack == 1) {
      sum[t] = sent[t] = part[0];
    } else if constexpr (kPack == 2) {
      sum[t] = high ? part[1] : part[0];
      sent[t] = high ? part[0] : part[1];
    } else {
      sum[t] = high ? part[2] : part[0];
      second[t] = high ? part[3] : part[1];
      sent[t] = high ? part[0] : part[2];
    }
  });
  team.exchange_xor(sent, 4 * kOf, received);
  if constexpr (kPack == 4) {
    team.each([&](int t) {
      sent[t] = (Layout::lane(t) & 4) != 0 ? parts[t].values[1] : parts[t].values[3];
    });
    team.exchange_xor(sent, 4 * kOf, second_received);
  }
  team.each([&](int t) {
    sum[t] += received[t];
    if constexpr (kPack == 4) {
      second[t] += second_received[t];
      const bool high = (Layout::lane(t) & 2) != 0;
      sent[t] = high ? sum[t] : second[t];
      sum[t] = high ? second[t] : sum[t];
    } else {
      sent[t] = sum[t];
    }
  });
  team.exchange_xor(sent, 2 * kOf, received);
  team.each([&](int t) { sent[t] = sum[t] = sum[t] + received[t]; });
  team.exchange_xor(sent, kOf, received);
  team.each([&](int t) { sum[t] += received[t]; });
}

/// Reads the sources of the synapses of a row, a few at a time so that their latencies overlap, and
/// hands each to `term(weight, pack, first value's index)` in order.
template <class T, int kWidth, class Term>
NOESIS_DEVICE void for_lane(const SynapseView& a, std::int64_t row, int thread, const T* x,
                            const Term& term) {
  using Layout = TeamLayout<T, kWidth>;
  using Values = Pack<T, Layout::kPack>;
  constexpr int kAhead = 4;
  const std::int32_t count = a.row_count[row];
  const std::int64_t begin = a.row_begin[row];
  const std::int32_t* const sources = a.sources + begin;
  const float* const weights = a.weights + begin;
  const int first_env = Layout::first_env(thread);
  std::int32_t k = Layout::lane(thread);
  for (; k < count; k += kAhead * kSumLanes) {
    std::int64_t at[kAhead];
    float weight[kAhead];
    Values values[kAhead];
    NOESIS_UNROLL
    for (int j = 0; j < kAhead; ++j) {
      if (k + j * kSumLanes < count) {
        at[j] =
            static_cast<std::int64_t>(read_once(sources + k + j * kSumLanes)) * kWidth + first_env;
        weight[j] = read_once(weights + k + j * kSumLanes);
      }
    }
    NOESIS_UNROLL
    for (int j = 0; j < kAhead; ++j) {
      if (k + j * kSumLanes < count) values[j] = *reinterpret_cast<const Values*>(x + at[j]);
    }
    NOESIS_UNROLL
    for (int j = 0; j < kAhead; ++j) {
      if (k + j * kSumLanes < count) term(static_cast<T>(weight[j]), values[j].values, at[j]);
    }
  }
}

}  // namespace noesis::NOESIS_GPU

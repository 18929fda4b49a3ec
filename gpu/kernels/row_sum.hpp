#pragma once
/// The sum over a row's synapses for all environments of a tile, by one team, in the order of
/// physics/kernels/kernels.hpp: synapse k goes to lane k mod 8, the lanes are added by halving.
///
/// A lane's part is summed by the same few threads from first to last, each of them for as many
/// environments as 16 bytes hold, so a warp reads the cache lines of eight sources at once. The
/// halving hands half of the environments to each of two partners, so that in
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

/// Hands every synapse of a row to `term(thread, weight, values, place)`, in order within a lane:
/// `values` are the thread's environments of the source, and `place` is where in `x` the first of
/// them is. Only threads whose first environment is below `num_envs` (of this tile) get any.
///
/// The team works on blocks of 32 synapses. Synapses of the next block are on their way while the
/// sources of this one are read, four to a thread at the same time: what a row waits for is about
/// one latency a block. A wide team reads each synapse once and passes it on to the threads that
/// need it; a narrow one has none to pass.
template <class T, int kWidth, class Term>
NOESIS_DEVICE void for_synapses(const RowTeam<T, kWidth>& team, const DeviceTable& a,
                                const DeviceRow& row, const T* x, std::int64_t num_envs,
                                const Term& term) {
  using Layout = TeamLayout<T, kWidth>;
  using Values = Pack<T, Layout::kPack>;
  constexpr int kBlock = 32;
  constexpr int kOfLane = kBlock / kSumLanes;
  constexpr int kLoads = kBlock / Layout::kThreads;  // of a thread
  static_assert(kLoads == 1 || kLoads == kOfLane);
  struct Synapses {
    std::int32_t sources[kLoads];
    float weights[kLoads];
  };
  using Sources = typename RowTeam<T, kWidth>::template Slot<std::int32_t>;
  using Weights = typename RowTeam<T, kWidth>::template Slot<float>;
  typename RowTeam<T, kWidth>::template Slot<Synapses> block, next;
  const std::int32_t* const sources = a.sources + row.begin;
  const float* const weights = a.weights + row.begin;
  const auto load = [&](int t, std::int32_t begin, Synapses& into) {
    NOESIS_UNROLL
    for (int j = 0; j < kLoads; ++j) {
      const std::int32_t k = begin + j * Layout::kThreads + t;
      into.sources[j] = k < row.count ? read_once(sources + k) : 0;
      into.weights[j] = k < row.count ? read_once(weights + k) : 0.0f;
    }
  };
  team.each([&](int t) { load(t, 0, block[t]); });
  for (std::int32_t begin = 0; begin < row.count; begin += kBlock) {
    team.each([&](int t) { load(t, begin + kBlock, next[t]); });
    Sources source[kOfLane];
    Weights weight[kOfLane];
    if constexpr (kLoads == 1) {
      Sources own_source;
      Weights own_weight;
      team.each([&](int t) {
        own_source[t] = block[t].sources[0];
        own_weight[t] = block[t].weights[0];
      });
      NOESIS_UNROLL
      for (int j = 0; j < kOfLane; ++j) {
        const auto from = [j](int t) { return j * kSumLanes + Layout::lane(t); };
        team.exchange(own_source, from, source[j]);
        team.exchange(own_weight, from, weight[j]);
      }
    } else {
      team.each([&](int t) {
        NOESIS_UNROLL
        for (int j = 0; j < kOfLane; ++j) {
          source[j][t] = block[t].sources[j];
          weight[j][t] = block[t].weights[j];
        }
      });
    }
    team.each([&](int t) {
      block[t] = next[t];
      if (Layout::first_env(t) >= num_envs) return;
      const std::int32_t left = row.count - begin - Layout::lane(t);
      std::uint32_t place[kOfLane];  // a tile has fewer values than 2^32
      Values values[kOfLane];
      NOESIS_UNROLL
      for (int j = 0; j < kOfLane; ++j) {
        place[j] = static_cast<std::uint32_t>(source[j][t]) * kWidth +
                   static_cast<std::uint32_t>(Layout::first_env(t));
        if (j * kSumLanes < left) values[j] = *reinterpret_cast<const Values*>(x + place[j]);
      }
      NOESIS_UNROLL
      for (int j = 0; j < kOfLane; ++j) {
        if (j * kSumLanes >= left) continue;
        term(t, static_cast<T>(weight[j][t]), values[j].values, place[j]);
      }
    });
  }
}

/// sum_j A_row,j x_j of each environment of a tile, whose rates are `x` (num_neurons x width).
template <class T, int kWidth>
NOESIS_DEVICE void weighted_sum(const RowTeam<T, kWidth>& team, const DeviceTable& a,
                                const DeviceRow& row, const T* x, std::int64_t num_envs,
                                typename RowTeam<T, kWidth>::template Slot<T>& sum) {
  constexpr int kPack = TeamLayout<T, kWidth>::kPack;
  typename RowTeam<T, kWidth>::template Slot<Pack<T, kPack>> parts;
  for_synapses<T, kWidth>(team, a, row, x, num_envs,
                          [&](int t, T weight, const T* value, std::uint32_t) {
                            NOESIS_UNROLL
                            for (int e = 0; e < kPack; ++e) {
                              T& part = parts[t].values[e];
                              part = math::fma(weight, value[e], part);
                            }
                          });
  add_lanes<T, kWidth>(team, parts, sum);
}

}  // namespace noesis::NOESIS_GPU

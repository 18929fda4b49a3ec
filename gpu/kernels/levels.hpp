#pragma once
/// How high outputs stand (physics/vitals/levels.hpp), in that order of summation.

#include <cstdint>

#include "gpu/kernels/views.hpp"
#include "gpu/team.hpp"
#include "physics/vitals/levels.hpp"

namespace noesis::NOESIS_GPU {

/// Of each chunk. Rows are chunks.
template <class T>
struct SumLevels {
  static constexpr int kTeamSize = kLevelLanes;
  using ChunkTeam = Team<kTeamSize>;

  std::int64_t num_neurons = 0;
  std::int64_t stride = 1;  // from neuron to neuron
  LevelThresholds thresholds;
  const T* output = nullptr;
  Levels* chunks = nullptr;  // (num_chunks)

  NOESIS_DEVICE void operator()(const ChunkTeam& team, std::int64_t chunk, std::int64_t) const {
    typename ChunkTeam::template Slot<Levels> sums, other;
    const std::int64_t begin = chunk * kLevelChunk;
    const std::int64_t end = begin + kLevelChunk < num_neurons ? begin + kLevelChunk : num_neurons;
    team.each([&](int t) {
      for (std::int64_t i = begin + t; i < end; i += kLevelLanes) {
        sums[t].take(static_cast<double>(output[i * stride]), thresholds);
      }
    });
    // The lower half of a pair adds the upper; what the upper adds, nobody looks at.
    for (int half = kLevelLanes / 2; half > 0; half /= 2) {
      exchange_fields(team, sums, half, other);
      team.each([&](int t) { sums[t].add(other[t]); });
    }
    team.each([&](int t) {
      if (t == 0) chunks[chunk] = sums[t];
    });
  }

 private:
  using Slot = typename ChunkTeam::template Slot<Levels>;
  static NOESIS_DEVICE void exchange_fields(const ChunkTeam& team, Slot& in, int mask, Slot& out) {
    exchange<&Levels::sum>(team, in, mask, out);
    exchange<&Levels::size_sum>(team, in, mask, out);
    exchange<&Levels::square_sum>(team, in, mask, out);
    exchange<&Levels::num_active>(team, in, mask, out);
    exchange<&Levels::num_saturated>(team, in, mask, out);
  }
  template <double Levels::*kField>
  static NOESIS_DEVICE void exchange(const ChunkTeam& team, Slot& in, int mask, Slot& out) {
    typename ChunkTeam::template Slot<double> own, got;
    team.each([&](int t) { own[t] = in[t].*kField; });
    team.exchange_xor(own, mask, got);
    team.each([&](int t) { out[t].*kField = got[t]; });
  }
};

/// Adds the chunks, from first to last, into the first. One row.
struct AddLevels {
  static constexpr int kTeamSize = 1;

  std::int64_t num_chunks = 0;
  Levels* chunks = nullptr;

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t, std::int64_t) const {
    Levels all;
    for (std::int64_t c = 0; c < num_chunks; ++c) all.add(chunks[c]);
    chunks[0] = all;
  }
};

}  // namespace noesis::NOESIS_GPU

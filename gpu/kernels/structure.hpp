#pragma once
/// What changes the structure of one brain's table where it is: pruning, the deaths that follow,
/// compaction, and synapses that are added. Rows keep their room, as in the host's table
/// (physics/plasticity/plastic_connectome.hpp), until the whole table is compacted.

#include <cstdint>

#include "gpu/kernels/views.hpp"
#include "gpu/team.hpp"

namespace noesis::NOESIS_GPU {

/// values[t] = sum of values[0 to t].
template <class Threads>
NOESIS_DEVICE void inclusive_scan(const Threads& team,
                                  typename Threads::template Slot<std::int32_t>& values) {
  typename Threads::template Slot<std::int32_t> other;
  for (int distance = 1; distance < 32; distance *= 2) {
    team.exchange(
        values, [&](int t) { return t < distance ? t : t - distance; }, other);
    team.each([&](int t) { values[t] += t < distance ? 0 : other[t]; });
  }
}

/// Synapses that survive: |w| >= least, and neither end is dead. Rows are rows of the table.
struct CountSurvivors {
  static constexpr int kTeamSize = 32;
  using RowTeam = Team<kTeamSize>;

  DeviceTable table;
  const std::uint8_t* dead = nullptr;  // (num_neurons)
  float least = 0;
  std::int32_t* inputs = nullptr;   // (num_neurons)
  std::int32_t* outputs = nullptr;  // (num_neurons) 0 before

  NOESIS_DEVICE void operator()(const RowTeam& team, std::int64_t place, std::int64_t) const {
    const DeviceRow row = table.rows[place];
    typename RowTeam::template Slot<std::int32_t> count, other;
    team.each([&](int t) {
      if (dead[row.neuron] != 0) return;
      for (std::int32_t k = t; k < row.count; k += kTeamSize) {
        const float weight = table.weights[row.begin + k];
        const std::int32_t source = table.sources[row.begin + k];
        if ((weight < 0 ? -weight : weight) < least || dead[source] != 0) continue;
        ++count[t];
        atomic_add(outputs + source, 1);  // of integers: no order matters
      }
    });
    for (int mask = kTeamSize / 2; mask > 0; mask /= 2) {
      team.exchange_xor(count, mask, other);
      team.each([&](int t) { count[t] += other[t]; });
    }
    team.each([&](int t) {
      if (t == 0) inputs[row.neuron] = count[t];
    });
  }
};

/// Neurons that die of what they have lost: all inputs, or all outputs. Rows are neurons.
struct FindDead {
  static constexpr int kTeamSize = 1;

  const std::int32_t* inputs_before = nullptr;
  const std::int32_t* outputs_before = nullptr;
  const std::int32_t* inputs = nullptr;
  const std::int32_t* outputs = nullptr;
  const std::uint8_t* is_safe = nullptr;  // has gap junctions
  std::uint8_t* dead = nullptr;
  std::int32_t* found = nullptr;  // how many there are is added

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t i, std::int64_t) const {
    const bool starved = inputs[i] == 0 && inputs_before[i] > 0;
    const bool mute = outputs[i] == 0 && outputs_before[i] > 0;
    if (dead[i] != 0 || is_safe[i] != 0 || !(starved || mute)) return;
    dead[i] = 1;
    atomic_add(found, 1);
  }
};

/// Closes the survivors of each row up, in order, within its room. Rows are rows of the table.
struct CloseRows {
  static constexpr int kTeamSize = 32;
  using RowTeam = Team<kTeamSize>;

  DeviceRow* rows = nullptr;
  std::int32_t* sources = nullptr;
  float* weights = nullptr;
  const std::uint8_t* dead = nullptr;
  float least = 0;

  NOESIS_DEVICE void operator()(const RowTeam& team, std::int64_t place, std::int64_t) const {
    const DeviceRow row = rows[place];
    std::int32_t kept = 0;
    typename RowTeam::template Slot<std::int32_t> source, stays, until, last;
    typename RowTeam::template Slot<float> weight;
    for (std::int32_t begin = 0; begin < row.count; begin += kTeamSize) {
      team.each([&](int t) {
        const std::int32_t k = begin + t;
        stays[t] = 0;
        if (k < row.count) {
          source[t] = sources[row.begin + k];
          weight[t] = weights[row.begin + k];
          const float size = weight[t] < 0 ? -weight[t] : weight[t];
          const bool goes = size < least || dead[row.neuron] != 0 || dead[source[t]] != 0;
          stays[t] = goes ? 0 : 1;
        }
        until[t] = stays[t];
      });
      inclusive_scan(team, until);
      team.barrier();  // all have read before any writes, which is no further right
      team.each([&](int t) {
        if (stays[t] == 0) return;
        const std::int64_t to = row.begin + kept + until[t] - 1;
        sources[to] = source[t];
        weights[to] = weight[t];
      });
      team.barrier();
      team.exchange(
          until, [](int) { return kTeamSize - 1; }, last);
      kept += team.common(last);
    }
    team.each([&](int t) {
      if (t == 0) rows[place].count = kept;
    });
  }
};

/// Where each neuron's row begins when rows stand side by side, by three kernels: sums of chunks,
/// the chunks' beginnings, the rows'. Rows are chunks.
struct SumChunks {
  static constexpr int kTeamSize = 32;
  static constexpr std::int64_t kChunk = 1024;
  using ChunkTeam = Team<kTeamSize>;

  static std::int64_t num_chunks(std::int64_t size) { return (size + kChunk - 1) / kChunk; }

  std::int64_t size = 0;
  const std::int32_t* counts = nullptr;  // (size)
  std::int64_t* sums = nullptr;          // (num_chunks)

  NOESIS_DEVICE void operator()(const ChunkTeam& team, std::int64_t chunk, std::int64_t) const {
    typename ChunkTeam::template Slot<std::int64_t> sum, other;
    const std::int64_t begin = chunk * kChunk;
    const std::int64_t end = begin + kChunk < size ? begin + kChunk : size;
    team.each([&](int t) {
      for (std::int64_t i = begin + t; i < end; i += kTeamSize) sum[t] += counts[i];
    });
    for (int mask = kTeamSize / 2; mask > 0; mask /= 2) {
      team.exchange_xor(sum, mask, other);
      team.each([&](int t) { sum[t] += other[t]; });
    }
    team.each([&](int t) {
      if (t == 0) sums[chunk] = sum[t];
    });
  }
};

/// sums[c] = sum of sums[0 to c - 1]; of a few hundred chunks. One row.
struct ScanChunks {
  static constexpr int kTeamSize = 1;

  std::int64_t num_chunks = 0;
  std::int64_t* sums = nullptr;

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t, std::int64_t) const {
    std::int64_t before = 0;
    for (std::int64_t c = 0; c < num_chunks; ++c) {
      const std::int64_t own = sums[c];
      sums[c] = before;
      before += own;
    }
  }
};

struct ScanRows {
  static constexpr int kTeamSize = 32;
  using ChunkTeam = Team<kTeamSize>;

  std::int64_t size = 0;
  const std::int32_t* counts = nullptr;  // (size)
  const std::int64_t* sums = nullptr;    // (num_chunks) before each
  std::int64_t* begin = nullptr;         // (size)

  NOESIS_DEVICE void operator()(const ChunkTeam& team, std::int64_t chunk, std::int64_t) const {
    typename ChunkTeam::template Slot<std::int32_t> until, last;
    std::int64_t before = sums[chunk];
    for (std::int64_t first = chunk * SumChunks::kChunk;
         first < (chunk + 1) * SumChunks::kChunk && first < size; first += kTeamSize) {
      team.each([&](int t) { until[t] = first + t < size ? counts[first + t] : 0; });
      inclusive_scan(team, until);
      team.each([&](int t) {
        if (first + t < size) begin[first + t] = before + until[t] - counts[first + t];
      });
      team.exchange(
          until, [](int) { return kTeamSize - 1; }, last);
      before += team.common(last);
    }
  }
};

/// Moves every row to where it begins in another table. Rows are rows of the table.
struct MoveRows {
  static constexpr int kTeamSize = 32;
  using RowTeam = Team<kTeamSize>;

  DeviceRow* rows = nullptr;
  const std::int64_t* begin = nullptr;  // (num_neurons)
  const std::int32_t* sources = nullptr;
  const float* weights = nullptr;
  std::int32_t* new_sources = nullptr;
  float* new_weights = nullptr;

  NOESIS_DEVICE void operator()(const RowTeam& team, std::int64_t place, std::int64_t) const {
    const DeviceRow row = rows[place];
    const std::int64_t to = begin[row.neuron];
    team.each([&](int t) {
      for (std::int32_t k = t; k < row.count; k += kTeamSize) {
        new_sources[to + k] = sources[row.begin + k];
        new_weights[to + k] = weights[row.begin + k];
      }
    });
    team.barrier();  // all have read where it was
    team.each([&](int t) {
      if (t == 0) rows[place].begin = to;
    });
  }
};

/// New synapses of a row, by ascending source: edges [first, first + count) of the list, which go
/// into the row's own room, or with it to where there is enough.
struct RowEdit {
  std::int64_t to = 0;  // where the row begins afterwards: as before, or free room
  std::int32_t place = 0;
  std::int32_t first = 0;
  std::int32_t count = 0;
};

/// Merges new synapses into rows sorted by source. Rows are edits.
struct InsertSynapses {
  static constexpr int kTeamSize = 32;
  using RowTeam = Team<kTeamSize>;

  DeviceRow* rows = nullptr;
  std::int32_t* sources = nullptr;
  float* weights = nullptr;
  const RowEdit* edits = nullptr;
  const std::int32_t* edge_sources = nullptr;
  const float* edge_weights = nullptr;
  std::int32_t* edge_places = nullptr;  // scratch, as many

  NOESIS_DEVICE void operator()(const RowTeam& team, std::int64_t n, std::int64_t) const {
    const RowEdit edit = edits[n];
    const DeviceRow row = rows[edit.place];
    const std::int32_t* const own = sources + row.begin;
    const std::int32_t* const added = edge_sources + edit.first;
    team.each([&](int t) {
      for (std::int32_t j = t; j < edit.count; j += kTeamSize) {
        edge_places[edit.first + j] = j + number_below(own, row.count, added[j]);
      }
    });
    team.barrier();
    // From the right, so that nothing is overwritten that was not read.
    typename RowTeam::template Slot<std::int32_t> source;
    typename RowTeam::template Slot<float> weight;
    const std::int32_t blocks = (row.count + kTeamSize - 1) / kTeamSize;
    for (std::int32_t block = blocks; block-- > 0;) {
      team.each([&](int t) {
        const std::int32_t k = block * kTeamSize + t;
        if (k >= row.count) return;
        source[t] = sources[row.begin + k];
        weight[t] = weights[row.begin + k];
      });
      team.barrier();
      team.each([&](int t) {
        const std::int32_t k = block * kTeamSize + t;
        if (k >= row.count) return;
        const std::int64_t to = edit.to + k + number_below(added, edit.count, source[t]);
        sources[to] = source[t];
        weights[to] = weight[t];
      });
      team.barrier();
    }
    team.each([&](int t) {
      for (std::int32_t j = t; j < edit.count; j += kTeamSize) {
        const std::int64_t to = edit.to + edge_places[edit.first + j];
        sources[to] = added[j];
        weights[to] = edge_weights[edit.first + j];
      }
      if (t == 0) rows[edit.place] = {edit.to, row.count + edit.count, row.neuron};
    });
  }

 private:
  /// How many of `count` ascending values are below `value`.
  static NOESIS_DEVICE std::int32_t number_below(const std::int32_t* values, std::int32_t count,
                                                 std::int32_t value) {
    std::int32_t low = 0, high = count;
    while (low < high) {
      const std::int32_t middle = low + (high - low) / 2;
      if (values[middle] < value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
};

}  // namespace noesis::NOESIS_GPU

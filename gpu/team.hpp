#pragma once
/// The unit in which kernels are written: a team of threads of one wave that works on one row.
///
/// A kernel is a struct with `kTeamSize` and `operator()(Team<kTeamSize>, row, tile)`. Its text is
/// a sequence of parallel sections, each() over the threads, between which values stay in a slot a
/// thread and are exchanged. On a device a thread runs its own part of a section
/// and a slot is a register; in the emulation one thread runs all parts in turn and a slot is an
/// array, so that the very same text runs, and can be checked, on the host. A team has at most 32
/// threads and therefore fits a wave of 32 and of 64 alike.

#include <cstdint>

#include "gpu/gpu_api.hpp"

namespace noesis::NOESIS_GPU {

#if defined(__CUDACC__) || defined(__HIPCC__)

template <int kSize>
class Team {
 public:
  template <class V>
  struct Slot {
    V value = {};
    NOESIS_DEVICE V& operator[](int) { return value; }
  };

  NOESIS_DEVICE explicit Team(int thread) : thread_(thread) {}
  template <class Body>
  NOESIS_DEVICE void each(const Body& body) const {
    body(thread_);
  }
  template <class V>
  NOESIS_DEVICE void exchange_xor(Slot<V>& in, int mask, Slot<V>& out) const {
    out.value = shuffle_xor(in.value, mask, kSize);
  }
  template <class V, class Source>
  NOESIS_DEVICE void exchange(Slot<V>& in, const Source& source, Slot<V>& out) const {
    out.value = shuffle(in.value, source(thread_), kSize);
  }
  /// What all threads have alike.
  template <class V>
  NOESIS_DEVICE V common(Slot<V>& values) const {
    return values.value;
  }
  /// What threads of the team have written to memory is there for all of them.
  NOESIS_DEVICE void barrier() const { team_barrier(kSize); }

 private:
  int thread_;
};

#else  // the emulation; in the host part of a device build it only lends its name

template <int kSize>
class Team {
 public:
  /// A value of each thread.
  template <class V>
  struct Slot {
    V values[kSize] = {};
    V& operator[](int thread) { return values[thread]; }
  };

  template <class Body>
  void each(const Body& body) const {
    for (int thread = 0; thread < kSize; ++thread) body(thread);
  }
  /// out[t] = in[t ^ mask]
  template <class V>
  void exchange_xor(Slot<V>& in, int mask, Slot<V>& out) const {
    for (int thread = 0; thread < kSize; ++thread) out[thread] = in[thread ^ mask];
  }
  /// out[t] = in[source(t)]
  template <class V, class Source>
  void exchange(Slot<V>& in, const Source& source, Slot<V>& out) const {
    for (int thread = 0; thread < kSize; ++thread) out[thread] = in[source(thread)];
  }
  template <class V>
  V common(Slot<V>& values) const {
    return values[0];
  }
  void barrier() const {}
};

#endif

}  // namespace noesis::NOESIS_GPU

#pragma once
/// What a partition means for each worker: its own numbering of the neurons that it knows, and what
/// it exchanges with whom.
///
/// A worker numbers its own neurons first: those that read nothing remote, which are computed while
/// an exchange runs, then the others; and among the first those that others read last, among the
/// others first, so that between two workers everything that is sent lies together. Then come the
/// neurons of others that its rows read (its halo), by owner, in the owner's numbering: what comes
/// from one peer is received where it is read. Where a peer's halo is most of a worker's rows, all
/// of them are sent: what packing would spare is less than the packing.

#include <cstdint>
#include <string>
#include <vector>

#include "distributed/partition.hpp"

namespace noesis {

/// Part of a worker's rows from which on all of them are sent rather than those that are read.
inline constexpr double kFullFraction = 0.9;

/// What one worker gives to and gets from another in an exchange.
struct PeerPlan {
  int rank = 0;
  /// Own rows to send, ascending; empty where they are `send_count` rows from `send_first` on.
  std::vector<std::int32_t> send;
  std::int64_t send_first = 0;
  std::int64_t send_count = 0;
  std::int64_t halo_first = 0;  ///< in the worker's numbering
  std::int64_t halo_count = 0;
  bool operator==(const PeerPlan&) const = default;

  template <class V>
  void visit(V& v) {
    v(rank, send, send_first, send_count, halo_first, halo_count);
  }
};

struct WorkerPlan {
  std::vector<std::int32_t> ids;  ///< neuron of each place: own ones, then the halo
  std::int64_t num_own = 0;
  std::int64_t num_interior = 0;  ///< own rows [0, num_interior) read nothing remote
  std::vector<PeerPlan> peers;    ///< by rank, all other workers
  std::int64_t num_synapses = 0;  ///< of own rows, gap junctions included

  std::int64_t num_local() const noexcept { return static_cast<std::int64_t>(ids.size()); }
  /// Values that it sends in an exchange.
  std::int64_t num_sent() const noexcept {
    std::int64_t sum = 0;
    for (const PeerPlan& peer : peers) sum += peer.send_count;
    return sum;
  }
  bool operator==(const WorkerPlan&) const = default;

  template <class V>
  void visit(V& v) {
    v(ids, num_own, num_interior, peers, num_synapses);
  }
};

struct SplitPlan {
  std::vector<WorkerPlan> workers;
  std::int64_t num_synapses = 0;  ///< gap junctions included
  std::int64_t num_crossing = 0;  ///< of them with source and target at different workers

  /// Part of the synapses that cross: between two hemispheres, the callosal fraction.
  double callosal_fraction() const {
    return num_synapses > 0 ? static_cast<double>(num_crossing) / static_cast<double>(num_synapses)
                            : 0;
  }
  /// Values that all workers together send in an exchange.
  std::int64_t num_sent() const;
};

/// @throws InternalError for a partition of another size.
SplitPlan make_split_plan(const Partition& partition, const SynapseView& synapses,
                          const SynapseView& gap_junctions);

}  // namespace noesis

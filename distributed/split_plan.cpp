#include "distributed/split_plan.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace noesis {
namespace {

using Flags = std::vector<std::uint8_t>;

/// For each row, whether it reads something remote; and for each worker, which neurons it reads.
struct Crossings {
  Flags is_boundary;         // (num_neurons)
  std::vector<Flags> reads;  // (num_workers)(num_neurons), of other workers' neurons only
};

void add_crossings(const SynapseView& table, const Partition& partition, Crossings& crossings,
                   SplitPlan& plan) {
  if (table.row_begin == nullptr) return;
  for (std::size_t i = 0; i < partition.owner.size(); ++i) {
    const std::int32_t owner = partition.owner[i];
    Flags& reads = crossings.reads[static_cast<std::size_t>(owner)];
    const std::int32_t* const source = table.sources + table.row_begin[i];
    std::int64_t crossing = 0;
    for (std::int32_t k = 0; k < table.row_count[i]; ++k) {
      const auto j = static_cast<std::size_t>(source[k]);
      if (partition.owner[j] == owner) continue;
      ++crossing;
      reads[j] = 1;
    }
    if (crossing > 0) crossings.is_boundary[i] = 1;
    plan.num_crossing += crossing;
    plan.num_synapses += table.row_count[i];
    plan.workers[static_cast<std::size_t>(owner)].num_synapses += table.row_count[i];
  }
}

/// Own rows of each worker, in the order of its numbering.
void number_own_rows(const Partition& partition, const Crossings& crossings, SplitPlan& plan) {
  const std::size_t n = partition.owner.size();
  Flags is_sent(n, 0);
  for (const Flags& reads : crossings.reads) {
    for (std::size_t j = 0; j < n; ++j) is_sent[j] |= reads[j];
  }
  const auto append = [&](bool boundary, bool sent) {
    for (std::size_t i = 0; i < n; ++i) {
      if ((crossings.is_boundary[i] != 0) != boundary || (is_sent[i] != 0) != sent) continue;
      plan.workers[static_cast<std::size_t>(partition.owner[i])].ids.push_back(
          static_cast<std::int32_t>(i));
    }
  };
  append(false, false);
  append(false, true);
  for (WorkerPlan& worker : plan.workers) worker.num_interior = worker.num_local();
  append(true, true);
  append(true, false);
  for (WorkerPlan& worker : plan.workers) worker.num_own = worker.num_local();
}

/// What goes from `from` to `to`, as rows of `from`.
void plan_sending(const WorkerPlan& from, const Flags& reads, PeerPlan& peer) {
  std::vector<std::int32_t> rows;
  for (std::int64_t i = 0; i < from.num_own; ++i) {
    if (reads[static_cast<std::size_t>(from.ids[static_cast<std::size_t>(i)])] != 0) {
      rows.push_back(static_cast<std::int32_t>(i));
    }
  }
  if (rows.empty()) return;
  const auto count = static_cast<std::int64_t>(rows.size());
  peer.send_count = count;
  peer.send_first = rows.front();
  if (rows.back() - rows.front() + 1 == count) return;
  if (static_cast<double>(count) >= kFullFraction * static_cast<double>(from.num_own)) {
    peer.send_first = 0;
    peer.send_count = from.num_own;
    return;
  }
  peer.send_first = 0;
  peer.send = std::move(rows);
}

/// The halo of a worker, once all have said what they send.
void number_halo(SplitPlan& plan, std::size_t worker) {
  WorkerPlan& own = plan.workers[worker];
  for (PeerPlan& peer : own.peers) {
    const WorkerPlan& from = plan.workers[static_cast<std::size_t>(peer.rank)];
    const auto sends = std::ranges::find(from.peers, static_cast<int>(worker), &PeerPlan::rank);
    peer.halo_first = own.num_local();
    peer.halo_count = sends->send_count;
    for (std::int64_t k = 0; k < sends->send_count; ++k) {
      const std::int64_t row =
          sends->send.empty() ? sends->send_first + k : sends->send[static_cast<std::size_t>(k)];
      own.ids.push_back(from.ids[static_cast<std::size_t>(row)]);
    }
  }
}

}  // namespace

std::int64_t SplitPlan::num_sent() const {
  std::int64_t sum = 0;
  for (const WorkerPlan& worker : workers) sum += worker.num_sent();
  return sum;
}

SplitPlan make_split_plan(const Partition& partition, const SynapseView& synapses,
                          const SynapseView& gap_junctions) {
  const auto workers = static_cast<std::size_t>(partition.num_workers);
  const std::size_t n = partition.owner.size();
  SplitPlan plan;
  plan.workers.resize(workers);
  Crossings crossings{Flags(n, 0), std::vector<Flags>(workers, Flags(n, 0))};
  add_crossings(synapses, partition, crossings, plan);
  add_crossings(gap_junctions, partition, crossings, plan);
  number_own_rows(partition, crossings, plan);
  for (std::size_t from = 0; from < workers; ++from) {
    for (std::size_t to = 0; to < workers; ++to) {
      if (to == from) continue;
      PeerPlan& peer = plan.workers[from].peers.emplace_back();
      peer.rank = static_cast<int>(to);
      plan_sending(plan.workers[from], crossings.reads[to], peer);
    }
  }
  for (std::size_t w = 0; w < workers; ++w) number_halo(plan, w);
  return plan;
}

}  // namespace noesis

// Partitions, and what they mean for workers.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>

#include "distributed/mailbox_communicator.hpp"
#include "tests/distributed/brains.hpp"

namespace noesis {
namespace {

using namespace noesis::testing;
namespace fs = std::filesystem;

SynapseView view_of(const SynapseTable& table) {
  if (table.row_begin.empty()) return {};
  return {table.row_begin.data(), table.row_count.data(), table.sources.data(),
          table.weights.data()};
}

// Red when blocks are balanced by rows instead of by what they cost.
TEST(Partition, BlocksAreContiguousAndBalanced) {
  std::vector<std::int64_t> costs(1000, 10);
  for (std::size_t i = 0; i < 200; ++i) costs[i] = 100;
  const Partition partition = partition_by_blocks(costs, 4);
  EXPECT_TRUE(std::ranges::is_sorted(partition.owner));
  std::vector<std::int64_t> load(4);
  for (std::size_t i = 0; i < costs.size(); ++i)
    load[static_cast<std::size_t>(partition.owner[i])] += costs[i];
  const std::int64_t total = std::accumulate(load.begin(), load.end(), std::int64_t{0});
  for (const std::int64_t one : load) EXPECT_NEAR(double(one), double(total) / 4, 101);
}

// Red when a region is torn apart, or the heaviest ones meet at one worker.
TEST(Partition, RegionsStayWhole) {
  NeuronTable neurons;
  for (int i = 0; i < 40; ++i) neurons.region.emplace_back(i % 2 == 0 ? "left" : "right");
  const std::vector<std::int64_t> costs(42, 5);  // two more that are born later
  const Partition partition = partition_by_regions(costs, neurons, 2);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(partition.owner[i], partition.owner[i % 2]);
  EXPECT_NE(partition.owner[0], partition.owner[1]);
  EXPECT_THROW(partition_by_regions(costs, NeuronTable{}, 2), ConfigError);
}

TEST(Partition, ComesFromAFile) {
  const fs::path file = fs::temp_directory_path() / "noesis-partition-test.txt";
  const std::vector<std::int64_t> costs(4, 5);
  const auto read = [&](const char* text) {
    std::ofstream(file) << text;
    return read_partition(file, costs, 3, 2);
  };
  EXPECT_EQ(read("1\n0\n1\n").owner, (std::vector<std::int32_t>{1, 0, 1, 1}));
  EXPECT_EQ(read("1\r\n0\r\n1\r\n0\r\n").owner, (std::vector<std::int32_t>{1, 0, 1, 0}));
  for (const char* bad :
       {"1\n0\n", "1\n0\n2\n", "1\n0\nx\n", "1\n\n0\n", "0\n0\n0\n0\n0\n", "-1\n0\n0\n"}) {
    EXPECT_THROW(read(bad), ConfigError) << bad;
  }
  fs::remove(file);
  EXPECT_THROW(read_partition(file, costs, 3, 2), ConfigError);
}

class Plan : public ::testing::TestWithParam<int> {};

// Red when a halo lacks a source, a row that reads something remote counts as interior, or the two
// ends of an exchange disagree.
TEST_P(Plan, GivesEveryRowWhatItReads) {
  const ConnectomePtr brain = make_brain({.num_neurons = 300, .has_gaps = true, .crossing = 0.05});
  const SynapseView synapses = view_of(brain->synapses()), gaps = view_of(brain->gap_junctions());
  const Partition partition = partition_by_blocks(row_costs(300, synapses, gaps), GetParam());
  const SplitPlan plan = make_split_plan(partition, synapses, gaps);
  std::set<std::int32_t> owned;
  std::int64_t crossing = 0;
  for (std::size_t w = 0; w < plan.workers.size(); ++w) {
    const WorkerPlan& worker = plan.workers[w];
    const std::set<std::int32_t> own(worker.ids.begin(), worker.ids.begin() + worker.num_own);
    const std::set<std::int32_t> local(worker.ids.begin(), worker.ids.end());
    EXPECT_EQ(std::ssize(local), worker.num_local());
    for (std::int64_t r = 0; r < worker.num_own; ++r) {
      const std::int32_t id = worker.ids[static_cast<std::size_t>(r)];
      EXPECT_TRUE(owned.insert(id).second);
      for (const SynapseTable* table : {&brain->synapses(), &brain->gap_junctions()}) {
        for (const std::int32_t source : table->row_sources(id)) {
          EXPECT_TRUE(local.contains(source));
          if (!own.contains(source)) ++crossing;
          EXPECT_TRUE(r >= worker.num_interior || own.contains(source));
        }
      }
    }
    for (const PeerPlan& peer : worker.peers) {
      const WorkerPlan& other = plan.workers[static_cast<std::size_t>(peer.rank)];
      const auto back = std::ranges::find(other.peers, static_cast<int>(w), &PeerPlan::rank);
      ASSERT_EQ(back->halo_count, peer.send_count);
      for (std::int64_t k = 0; k < peer.send_count; ++k) {
        const auto row = peer.send.empty() ? peer.send_first + k : peer.send[std::size_t(k)];
        EXPECT_EQ(worker.ids[std::size_t(row)], other.ids[std::size_t(back->halo_first + k)]);
      }
    }
  }
  EXPECT_EQ(owned.size(), 300u);
  EXPECT_EQ(plan.num_crossing, crossing);
  EXPECT_EQ(plan.num_synapses, brain->num_synapses() + 2 * brain->num_gap_junctions());
}
INSTANTIATE_TEST_SUITE_P(Workers, Plan, ::testing::Values(1, 2, 3, 7));

// Red when two workers pack what could be sent from where it is.
TEST(SplitPlan, BetweenTwoNothingIsPacked) {
  const ConnectomePtr brain = make_brain({.num_neurons = 300, .crossing = 0.03});
  const SynapseView synapses = view_of(brain->synapses());
  const SplitPlan plan =
      make_split_plan(partition_by_blocks(row_costs(300, synapses, {}), 2), synapses, {});
  for (const WorkerPlan& worker : plan.workers) {
    EXPECT_TRUE(worker.peers.front().send.empty());
    EXPECT_LT(worker.peers.front().send_count, worker.num_own);  // a halo, not all
    EXPECT_GT(worker.num_interior, 0);
  }
  EXPECT_LT(plan.callosal_fraction(), 0.1);
}

// Red when the dry run counts other bytes than a run.
TEST(DryRun, CountsWhatARunWouldSend) {
  std::vector<float> values(10);
  const auto alone = make_dry_run_communicator(0, 2);
  const auto exchange = alone->make_exchange(
      {{1, reinterpret_cast<const std::byte*>(values.data()), 4, 3, {1, 5, 2}}},
      {{1, reinterpret_cast<std::byte*>(values.data() + 8), 8}});
  exchange->start();
  exchange->finish();
  EXPECT_EQ(alone->statistics().bytes_sent, 12);
  EXPECT_EQ(alone->statistics().bytes_copied, 12);
  EXPECT_EQ(alone->statistics().bytes_received, 8);
  EXPECT_EQ(alone->statistics().num_exchanges, 1);
}

TEST(Worst, IsTheSameInAnyOrder) {
  const WorstError a{1, 5, 0.1}, b{1, 3, 0.2}, c{2, 9, 0.3};
  EXPECT_EQ(worse_of(a, b), b);
  EXPECT_EQ(worse_of(b, a), b);
  EXPECT_EQ(worse_of(worse_of(a, c), b), c);
}

}  // namespace
}  // namespace noesis

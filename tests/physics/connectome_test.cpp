#include "physics/connectome.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/error.hpp"
#include "tests/core/error_of.hpp"

namespace noesis {
namespace {

using test::error_of;

using testing::HasSubstr;

std::string build_error(std::int64_t num_neurons, std::vector<Synapse> synapses,
                        std::vector<Synapse> gaps = {}, NeuronTable neurons = {}) {
  return error_of([&] { Connectome(num_neurons, synapses, gaps, std::move(neurons)); });
}

NeuronTable named(std::vector<std::string> names) {
  NeuronTable table;
  table.name = std::move(names);
  return table;
}

// Red when rows hold outputs in place of inputs, or are not sorted.
TEST(Connectome, RowsHoldInputsBySource) {
  const std::vector<Synapse> synapses = {{2, 0, 3.0f}, {1, 2, -1.0f}, {0, 0, 5.0f}, {1, 0, 2.0f}};
  const Connectome connectome(3, synapses);
  const SynapseTable& table = connectome.synapses();
  EXPECT_EQ(table.row_begin, (std::vector<std::int64_t>{0, 3, 3}));
  EXPECT_EQ(table.row_count, (std::vector<std::int32_t>{3, 0, 1}));
  EXPECT_EQ(table.sources, (std::vector<std::int32_t>{0, 1, 2, 1}));
  EXPECT_EQ(table.weights, (std::vector<float>{5, 2, 3, -1}));
  EXPECT_EQ(connectome.weight(2, 0), 3.0f);
  EXPECT_EQ(connectome.weight(0, 2), 0.0f);
  EXPECT_TRUE(connectome.has_synapse(1, 2));
  EXPECT_FALSE(connectome.has_synapse(2, 1));
  EXPECT_EQ(connectome.memory_bytes(), 4 * 8 + 3 * 12 + 3 * 12);
}

// Red when a junction stands in one row only.
TEST(Connectome, GapJunctionsStandInBothRows) {
  const std::vector<Synapse> gaps = {{2, 0, 1.5f}, {0, 1, 0.0f}};
  const Connectome connectome(3, {}, gaps);
  EXPECT_EQ(connectome.num_gap_junctions(), 2);
  EXPECT_EQ(connectome.gap_weight(0, 2), 1.5f);
  EXPECT_EQ(connectome.gap_weight(2, 0), 1.5f);
  EXPECT_EQ(connectome.gap_weight(1, 2), 0.0f);
  const auto edges = connectome.gap_edges();
  ASSERT_EQ(edges.size(), 2u);
  EXPECT_EQ(edges[1].source, 0);
  EXPECT_EQ(edges[1].target, 2);
}

// Each check of the constructor, by the part of its message that names the culprit: red when it is
// left out.
TEST(Connectome, RefusesBadEdges) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(build_error(0, {}), HasSubstr("num_neurons: number of neurons out of range: got 0"));
  EXPECT_THAT(build_error(std::int64_t{1} << 31, {}), HasSubstr("number of neurons out of range"));
  EXPECT_THAT(build_error(2, {{0, 1, 1}, {0, 2, 1}}),
              HasSubstr("synapses[1]: neuron id out of range of 0 -> 2: got 2, allowed 0 to 1"));
  EXPECT_THAT(build_error(2, {{-1, 1, 1}}), HasSubstr("neuron id out of range of -1 -> 1"));
  EXPECT_THAT(build_error(2, {{0, 1, nan}}, {}, named({"A", "B"})),
              HasSubstr("synapses[0]: weight is not finite of 0 (A) -> 1 (B): got nan"));
  EXPECT_THAT(build_error(3, {{0, 1, 1}, {2, 1, 1}, {0, 1, 2}}),
              HasSubstr("synapses[2]: duplicate edge 0 -> 1: got the same pair as synapses[0]"));
  EXPECT_THAT(build_error(2, {}, {{1, 1, 1}}), HasSubstr("gap junction with itself of 1 -- 1"));
  EXPECT_THAT(build_error(2, {}, {{0, 1, -1}}), HasSubstr("negative gap weight of 0 -- 1"));
  EXPECT_THAT(build_error(2, {}, {{0, 1, 1}, {1, 0, 1}}),
              HasSubstr("gap_junctions[1]: duplicate edge"));
  EXPECT_EQ(build_error(2, {{1, 1, -1}, {0, 1, 1}, {1, 0, 1}}), "no error");
}

TEST(Connectome, RefusesBadNeuronTables) {
  EXPECT_THAT(build_error(2, {}, {}, named({"A"})),
              HasSubstr("neurons.name: neuron table column of the wrong length: got 1"));
  EXPECT_THAT(
      build_error(3, {}, {}, named({"A", "B", "A"})),
      HasSubstr("neurons.name[2]: neuron name stands twice: got 'A', also neurons.name[0]"));
  NeuronTable table;
  table.sign = {1, 2};
  EXPECT_THAT(build_error(2, {}, {}, table),
              HasSubstr("neurons.sign[1]: neuron sign out of range"));
  table.sign = {};
  table.z = {0, std::numeric_limits<float>::infinity()};
  EXPECT_THAT(build_error(2, {}, {}, table), HasSubstr("neurons.z[1]: position is not finite"));
}

TEST(Connectome, FindsNeuronsByName) {
  const Connectome connectome(3, {}, {}, named({"AVAR", "AVAL", "DVA"}));
  EXPECT_EQ(connectome.neuron_id("AVAL"), 1);
  EXPECT_EQ(connectome.neuron_id("DVA"), 2);
  EXPECT_THAT(error_of([&] { connectome.neuron_id("AVL"); }), HasSubstr("did you mean 'AVAL'?"));
  EXPECT_THAT(error_of([] { Connectome(1, {}).neuron_id("AVL"); }), HasSubstr("have no names"));
  EXPECT_THROW(connectome.weight(0, 3), ConfigError);
  EXPECT_THROW(connectome.has_synapse(-1, 0), ConfigError);
  EXPECT_THROW(connectome.gap_weight(3, 0), ConfigError);
}

// Red when the digest leaves out weights, sources, row sizes or gap junctions.
TEST(Connectome, DigestSeesStructureAndWeights) {
  const std::vector<Synapse> synapses = {{0, 1, 1}, {1, 2, 1}};
  const std::string digest = Connectome(3, synapses).digest();
  EXPECT_EQ(digest.size(), 32u);
  EXPECT_EQ(digest, Connectome(3, synapses, {}, named({"A", "B", "C"})).digest());
  const std::vector<std::vector<Synapse>> others = {
      {{0, 1, 1}, {1, 2, 2}}, {{0, 1, 1}, {0, 2, 1}}, {{0, 2, 1}, {1, 2, 1}}, {{0, 1, 1}}};
  for (const auto& other : others) EXPECT_NE(digest, Connectome(3, other).digest());
  EXPECT_NE(digest, Connectome(4, synapses).digest());
  EXPECT_NE(digest, Connectome(3, synapses, std::vector<Synapse>{{0, 1, 1}}).digest());
}

}  // namespace
}  // namespace noesis

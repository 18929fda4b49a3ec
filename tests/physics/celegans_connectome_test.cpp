// The built-in worm against the figures of its published wiring and the stated conventions.
#include "physics/celegans_connectome.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.hpp"
#include "data/celegans.hpp"
#include "physics/rewire.hpp"

namespace noesis {
namespace {

std::int64_t count_negative(const Connectome& connectome) {
  const auto& weights = connectome.synapses().weights;
  return std::count_if(weights.begin(), weights.end(), [](float w) { return w < 0; });
}

float weight(const Connectome& c, const char* source, const char* target) {
  return c.weight(c.neuron_id(source), c.neuron_id(target));
}

// Red when autapses stay in, glutamate counts as exciting, or a predicted sign is overruled.
TEST(CelegansConnectome, CountsAndSigns) {
  const Connectome worm = celegans_connectome();
  EXPECT_EQ(worm.num_neurons(), 302);
  EXPECT_EQ(worm.num_synapses(), 3604);
  EXPECT_EQ(worm.num_gap_junctions(), 1080);
  EXPECT_EQ(count_negative(worm), 1003);
  for (std::int64_t i = 0; i < 302; ++i) EXPECT_FALSE(worm.has_synapse(i, i));
  EXPECT_LT(weight(worm, "AFDL", "AIYL"), 0);  // glutamate on an inhibitory receptor
  EXPECT_GT(weight(worm, "AVDL", "AVAL"), 0);
  EXPECT_EQ(count_negative(celegans_connectome({.signs = "all_positive"})), 0);
}

// Red when the norm includes the autapses, is an L1 norm, or weights scale with the bare count.
TEST(CelegansConnectome, RowsHaveUnitNorm) {
  const Connectome worm = celegans_connectome();
  int isolated = 0;
  for (std::int64_t row = 0; row < 302; ++row) {
    double norm2 = 0;
    for (const float w : worm.synapses().row_weights(row)) norm2 += double{w} * w;
    isolated += norm2 == 0;
    if (norm2 > 0) {
      EXPECT_NEAR(norm2, 1, 1e-5) << row;
    }
  }
  EXPECT_LT(isolated, 15);
  EXPECT_NEAR(weight(worm, "AVDR", "AVAL") / weight(worm, "AVDL", "AVAL"),
              std::log1p(41) / std::log1p(37), 1e-6);
}

// Red when the mean is over the neurons that have junctions only.
TEST(CelegansConnectome, GapRowsSumToOneOnAverage) {
  const Connectome worm = celegans_connectome();
  double sum = 0;
  for (const float w : worm.gap_junctions().weights) sum += w;
  EXPECT_NEAR(sum / 302, 1, 1e-5);
  const auto a = worm.neuron_id("AVAL"), b = worm.neuron_id("AVAR");
  const auto c = worm.neuron_id("AVBL"), d = worm.neuron_id("AVBR");
  EXPECT_NEAR(worm.gap_weight(a, b) / worm.gap_weight(c, d), std::log1p(18) / std::log1p(17), 1e-6);
}

TEST(CelegansConnectome, CountsAreRaw) {
  const Connectome worm =
      celegans_connectome({.signs = "all_positive", .weights = "count", .autapses = true});
  EXPECT_EQ(worm.num_synapses(), 3638);
  double sum = 0;
  for (const float w : worm.synapses().weights) sum += w;
  EXPECT_EQ(sum, 20589);
  EXPECT_EQ(weight(worm, "AVDL", "AVAL"), 37);
  EXPECT_EQ(worm.gap_weight(worm.neuron_id("AVAL"), worm.neuron_id("AVAR")), 18);
}

// Red on any change of the default subject: results of the verdicts rest on it.
TEST(CelegansConnectome, DefaultIsPinned) {
  EXPECT_EQ(celegans_connectome().digest(), "9b2d732cae32bbd13213cf083fa22a9a");
}

TEST(CelegansConnectome, RefusesUnknownChoices) {
  EXPECT_THROW(celegans_connectome({.signs = "random"}), ConfigError);
  EXPECT_THROW(celegans_connectome({.weights = "log"}), ConfigError);
  EXPECT_THROW(celegans_connectome({.rewire_seed = -1}), ConfigError);
}

/// (in-degree, out-degree, gap degree, sorted weights of the row) of every neuron.
auto fingerprint(const Connectome& c) {
  std::vector<std::tuple<std::int32_t, int, std::int32_t, std::vector<float>>> result;
  std::map<std::int32_t, int> out;
  for (const std::int32_t source : c.synapses().sources) ++out[source];
  for (std::int32_t i = 0; i < c.num_neurons(); ++i) {
    const auto row = c.synapses().row_weights(i);
    std::vector<float> weights(row.begin(), row.end());
    std::sort(weights.begin(), weights.end());
    result.emplace_back(c.synapses().row_count[i], out[i], c.gap_junctions().row_count[i], weights);
  }
  return result;
}

// Red when a swap may make a double edge (the constructor refuses it) or move a degree or a weight.
TEST(Rewire, KeepsDegreesAndRowWeights) {
  const Connectome worm = celegans_connectome();
  const Connectome null = rewire(worm, 7);
  EXPECT_EQ(fingerprint(worm), fingerprint(null));
  EXPECT_EQ(null.digest(), rewire(worm, 7).digest());
  EXPECT_EQ(null.digest(), celegans_connectome({.rewire_seed = 7}).digest());
  EXPECT_NE(null.digest(), rewire(worm, 8).digest());
  EXPECT_EQ(null.neurons().name, worm.neurons().name);
  for (std::int64_t i = 0; i < 302; ++i) EXPECT_FALSE(null.has_synapse(i, i));
}

// Red when too few swaps are tried: random wiring of these degrees shares about a tenth of the
// edges.
TEST(Rewire, LosesTheWiring) {
  const Connectome worm = celegans_connectome();
  const Connectome null = rewire(worm, 7);
  int kept = 0, gaps_kept = 0;
  for (const Synapse& e : worm.edges()) kept += null.has_synapse(e.source, e.target);
  for (const Synapse& e : worm.gap_edges()) gaps_kept += null.gap_weight(e.source, e.target) > 0;
  EXPECT_LT(kept, 3604 / 4);
  EXPECT_LT(gaps_kept, 1080 / 4);
}

TEST(Rewire, KeepsAutapsesAndSmallGraphs) {
  const std::vector<Synapse> synapses = {{0, 0, 1}, {0, 1, 2}, {1, 0, 3}};
  const Connectome small(2, synapses);
  EXPECT_EQ(rewire(small, 1).digest(), small.digest());
  EXPECT_EQ(rewire(Connectome(1, {}), 1).num_synapses(), 0);
  EXPECT_THROW(rewire(small, 1, 0), ConfigError);
}

}  // namespace
}  // namespace noesis

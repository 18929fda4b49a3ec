// Any sequence of edits gives what the same edits give on a map of pairs.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "physics/plasticity/plastic_connectome.hpp"
#include "physics/plasticity/pruning.hpp"

namespace noesis {
namespace {

/// The same edits in the plainest form.
struct Naive {
  std::map<std::pair<int, int>, float> weights;  // by (target, source)
  std::vector<bool> alive;
  std::set<int> gaps;

  int num_neurons() const { return static_cast<int>(alive.size()); }

  std::set<int> ends(bool sources) const {
    std::set<int> ids;
    for (const auto& [pair, weight] : weights) ids.insert(sources ? pair.second : pair.first);
    return ids;
  }

  /// Rounds of death until one is quiet. @returns the dead.
  std::vector<std::int32_t> prune(double threshold) {
    const std::set<int> drove = ends(true);
    const std::set<int> heard = ends(false);
    std::erase_if(weights, [&](const auto& item) { return std::abs(item.second) < threshold; });
    std::vector<std::int32_t> dead;
    for (bool quiet = false; !quiet;) {
      quiet = true;
      const std::set<int> drives = ends(true);
      const std::set<int> hears = ends(false);
      for (int id = 0; id < num_neurons(); ++id) {
        const bool lost =
            (drove.count(id) && !drives.count(id)) || (heard.count(id) && !hears.count(id));
        if (!alive[id] || !lost || gaps.count(id)) continue;
        alive[id] = false;
        dead.push_back(id);
        quiet = false;
      }
      std::erase_if(weights, [&](const auto& item) {
        return !alive[item.first.first] || !alive[item.first.second];
      });
    }
    std::sort(dead.begin(), dead.end());
    return dead;
  }

  std::vector<Synapse> edges() const {
    std::vector<Synapse> list;
    for (const auto& [pair, weight] : weights) list.push_back({pair.second, pair.first, weight});
    return list;
  }
};

float any_weight() { return 0.125f * static_cast<float>(*rc::gen::inRange(-16, 17)); }

/// New pairs of living neurons, in any order.
std::vector<Synapse> any_new_edges(const Naive& naive) {
  std::vector<Synapse> edges;
  std::set<std::pair<int, int>> fresh;
  const int wanted = *rc::gen::inRange(0, 30);
  for (int k = 0; k < wanted; ++k) {
    const int source = *rc::gen::inRange(0, naive.num_neurons());
    const int target = *rc::gen::inRange(0, naive.num_neurons());
    const std::pair<int, int> pair(target, source);
    const bool living = naive.alive[source] && naive.alive[target];
    if (!living || naive.weights.count(pair) || !fresh.insert(pair).second) continue;
    edges.push_back({source, target, any_weight()});
  }
  return edges;
}

void edit(PlasticConnectome& brain, Naive& naive) {
  switch (*rc::gen::inRange(0, 6)) {
    case 0: {
      const int count = *rc::gen::inRange(0, 4);
      RC_ASSERT(brain.add_neurons(count) == naive.num_neurons());
      naive.alive.resize(naive.alive.size() + count, true);
      break;
    }
    case 1:
    case 2: {
      const std::vector<Synapse> edges = any_new_edges(naive);
      brain.add_synapses(edges);
      for (const Synapse& e : edges) naive.weights[{e.target, e.source}] = e.weight;
      break;
    }
    case 3: {
      const double threshold = 0.125 * *rc::gen::inRange(0, 6);
      const std::size_t before = naive.weights.size();
      const Pruned pruned = prune_weak(brain, threshold, ThreadArena(1));
      RC_ASSERT(pruned.neurons == naive.prune(threshold));
      RC_ASSERT(pruned.num_synapses == std::int64_t(before - naive.weights.size()));
      break;
    }
    case 4: {
      const int row = *rc::gen::inRange(0, naive.num_neurons());
      for (float& weight : brain.row_weights(row)) weight *= 0.5f;
      for (auto& [pair, weight] : naive.weights) {
        if (pair.first == row) weight *= 0.5f;
      }
      break;
    }
    default:
      brain.compact();
      RC_ASSERT(brain.synapses().num_synapses() == brain.num_synapses());
  }
}

void expect_same(const PlasticConnectome& brain, const Naive& naive) {
  const std::vector<Synapse> got = brain.edges();
  const std::vector<Synapse> wanted = naive.edges();
  RC_ASSERT(got.size() == wanted.size());
  RC_ASSERT(brain.num_synapses() == std::int64_t(wanted.size()));
  for (std::size_t k = 0; k < got.size(); ++k) {
    RC_ASSERT(got[k].source == wanted[k].source);
    RC_ASSERT(got[k].target == wanted[k].target);
    RC_ASSERT(got[k].weight == wanted[k].weight);
  }
  RC_ASSERT(brain.num_neurons() == naive.num_neurons());
  std::vector<std::int64_t> outputs(naive.num_neurons());
  for (const Synapse& edge : wanted) ++outputs[edge.source];
  for (int id = 0; id < naive.num_neurons(); ++id) {
    RC_ASSERT(brain.alive(id) == naive.alive[id]);
    RC_ASSERT(brain.num_outputs(id) == outputs[id]);
    RC_ASSERT(brain.alive(id) || (outputs[id] == 0 && brain.row_sources(id).empty()));
  }
  RC_ASSERT(brain.num_alive() == std::count(naive.alive.begin(), naive.alive.end(), true));
}

// Mutations: merging a batch into a row from the front; not moving a full row; keeping the old room
// after compact(); one round of death only.
TEST(PlasticConnectomeProperty, EqualsAMap) {
  EXPECT_TRUE(rc::check("edits on the table equal edits on a map", [] {
    Naive naive;
    naive.alive.assign(*rc::gen::inRange(1, 12), true);
    std::vector<Synapse> gaps;
    if (naive.num_neurons() > 2 && *rc::gen::arbitrary<bool>()) {
      gaps.push_back({0, 1, 1});
      naive.gaps = {0, 1};
    }
    const std::vector<Synapse> first = any_new_edges(naive);
    for (const Synapse& e : first) naive.weights[{e.target, e.source}] = e.weight;
    PlasticConnectome brain(Connectome(naive.num_neurons(), first, gaps));
    const int num_edits = *rc::gen::inRange(0, 25);
    for (int k = 0; k < num_edits; ++k) {
      edit(brain, naive);
      expect_same(brain, naive);
    }
    const Connectome rebuilt(naive.num_neurons(), naive.edges(), gaps);
    RC_ASSERT(brain.freeze()->digest() == rebuilt.digest());
  }));
}

}  // namespace
}  // namespace noesis

#include "physics/rewire.hpp"

#include <unordered_set>
#include <utility>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

/// Edges as a set of pairs; an undirected pair is the same both ways.
class EdgeSet {
 public:
  EdgeSet(const std::vector<Synapse>& edges, bool directed) : directed_(directed) {
    pairs_.reserve(edges.size());
    for (const Synapse& edge : edges) pairs_.insert(key(edge.source, edge.target));
  }
  bool contains(std::int32_t a, std::int32_t b) const { return pairs_.contains(key(a, b)); }
  void insert(std::int32_t a, std::int32_t b) { pairs_.insert(key(a, b)); }
  void erase(std::int32_t a, std::int32_t b) { pairs_.erase(key(a, b)); }

 private:
  std::uint64_t key(std::int32_t a, std::int32_t b) const {
    if (!directed_ && a > b) std::swap(a, b);
    return static_cast<std::uint64_t>(a) << 32 | static_cast<std::uint32_t>(b);
  }

  bool directed_;
  std::unordered_set<std::uint64_t> pairs_;
};

/// Swaps the sources of random pairs of edges.
void swap_sources(std::vector<Synapse>& edges, bool directed, std::int64_t attempts_per_edge,
                  RandomSequence random) {
  if (edges.size() < 2) return;
  EdgeSet present(edges, directed);
  const auto attempts = static_cast<std::int64_t>(edges.size()) * attempts_per_edge;
  for (std::int64_t n = 0; n < attempts; ++n) {
    Synapse& first = edges[random.below(edges.size())];
    Synapse& second = edges[random.below(edges.size())];
    // An undirected edge has no first end: without turning it at random, some wirings are out of
    // reach.
    if (!directed && random.below(2) == 1) std::swap(second.source, second.target);
    if (first.source == first.target || second.source == second.target) continue;
    if (first.target == second.source || second.target == first.source) continue;
    if (present.contains(second.source, first.target) ||
        present.contains(first.source, second.target)) {
      continue;
    }
    present.erase(first.source, first.target);
    present.erase(second.source, second.target);
    std::swap(first.source, second.source);
    present.insert(first.source, first.target);
    present.insert(second.source, second.target);
  }
}

}  // namespace

Connectome rewire(const Connectome& connectome, std::uint64_t seed,
                  std::int64_t attempts_per_edge) {
  if (attempts_per_edge < 1) {
    throw ConfigError({.what = "too few attempts to rewire",
                       .where = "attempts_per_edge",
                       .got = std::to_string(attempts_per_edge),
                       .allowed = "at least 1",
                       .next = ""});
  }
  std::vector<Synapse> synapses = connectome.edges();
  std::vector<Synapse> gaps = connectome.gap_edges();
  swap_sources(synapses, true, attempts_per_edge, RandomSequence(seed, Stream::kTopology, 0));
  swap_sources(gaps, false, attempts_per_edge, RandomSequence(seed, Stream::kTopology, 1));
  return Connectome(connectome.num_neurons(), synapses, gaps, connectome.neurons(),
                    connectome.synapses().delays_ms);
}

}  // namespace noesis

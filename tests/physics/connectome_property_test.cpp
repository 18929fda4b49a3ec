#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <Eigen/SparseCore>
#include <algorithm>
#include <map>

#include "physics/connectome.hpp"

namespace noesis {
namespace {

/// A random graph without double edges, by source, then target.
std::vector<Synapse> any_edges(int num_neurons) {
  const auto id = rc::gen::inRange(0, num_neurons);
  const auto weights = *rc::gen::container<std::map<std::pair<int, int>, int>>(
      rc::gen::pair(id, id), rc::gen::inRange(-1000, 1000));
  std::vector<Synapse> edges;
  for (const auto& [pair, weight] : weights) {
    edges.push_back({pair.first, pair.second, static_cast<float>(weight) * 0.125f});
  }
  return edges;
}

std::vector<Synapse> shuffled(std::vector<Synapse> edges) {
  for (std::size_t k = edges.size(); k > 1; --k) {
    std::swap(edges[k - 1], edges[*rc::gen::inRange<std::size_t>(0, k)]);
  }
  return edges;
}

// Red when the order of the edges shows in the tables: e.g. without the sort of a row.
TEST(ConnectomeProperty, OrderOfEdgesDoesNotMatter) {
  EXPECT_TRUE(rc::check("same connectome from edges in any order", [] {
    const int num_neurons = *rc::gen::inRange(1, 40);
    const std::vector<Synapse> edges = any_edges(num_neurons);
    const Connectome connectome(num_neurons, edges);
    RC_ASSERT(Connectome(num_neurons, shuffled(edges)).digest() == connectome.digest());
    RC_ASSERT(Connectome(num_neurons, connectome.edges()).digest() == connectome.digest());
  }));
}

// Red when a weight lands at another pair, e.g. when rows hold outputs.
TEST(ConnectomeProperty, EqualsEigensMatrix) {
  EXPECT_TRUE(rc::check("lookup equals a sparse matrix of Eigen", [] {
    const int num_neurons = *rc::gen::inRange(1, 40);
    const std::vector<Synapse> edges = shuffled(any_edges(num_neurons));
    const Connectome connectome(num_neurons, edges);
    std::vector<Eigen::Triplet<float>> triplets;
    for (const Synapse& e : edges) triplets.emplace_back(e.target, e.source, e.weight);
    Eigen::SparseMatrix<float, Eigen::RowMajor> matrix(num_neurons, num_neurons);
    matrix.setFromTriplets(triplets.begin(), triplets.end());
    RC_ASSERT(matrix.nonZeros() == connectome.num_synapses());
    for (int row = 0; row < num_neurons; ++row) {
      const auto sources = connectome.synapses().row_sources(row);
      RC_ASSERT(std::is_sorted(sources.begin(), sources.end()));
      for (int source = 0; source < num_neurons; ++source) {
        RC_ASSERT(connectome.weight(source, row) == matrix.coeff(row, source));
      }
    }
  }));
}

}  // namespace
}  // namespace noesis

// The order of neurons in memory: it finds communities, and no product's bits depend on it.

#include "physics/reorder.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "core/rng.hpp"
#include "physics/generators.hpp"
#include "physics/kernels/kernels.hpp"
#include "physics/reordered_product.hpp"
#include "physics/state.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

NeuronOrder shuffled(std::int64_t n, std::uint64_t seed) {
  std::vector<std::int32_t> ids(static_cast<std::size_t>(n));
  std::iota(ids.begin(), ids.end(), 0);
  RandomSequence random(seed, Stream::kTopology);
  for (std::size_t k = ids.size(); k > 1; --k) {
    std::swap(ids[k - 1], ids[static_cast<std::size_t>(random.uniform() * static_cast<double>(k))]);
  }
  return NeuronOrder::of(std::move(ids));
}

SynapseView view_of(const SynapseTable& table) {
  return {table.row_begin.data(), table.row_count.data(), table.sources.data(),
          table.weights.data()};
}

/// The brain with other ids for its neurons.
Connectome renamed(const Connectome& brain, const NeuronOrder& order) {
  std::vector<Synapse> edges = brain.edges();
  for (Synapse& edge : edges) {
    edge.source = order.place_of[static_cast<std::size_t>(edge.source)];
    edge.target = order.place_of[static_cast<std::size_t>(edge.target)];
  }
  return Connectome(brain.num_neurons(), edges);
}

/// The part of the synapses whose source is less than `window` places away.
double near(const SynapseTable& table, std::int64_t window) {
  std::int64_t count = 0;
  for (std::int64_t row = 0; row < static_cast<std::int64_t>(table.row_begin.size()); ++row) {
    for (const std::int32_t source : table.row_sources(row)) {
      count += std::abs(source - row) < window ? 1 : 0;
    }
  }
  return static_cast<double>(count) / static_cast<double>(table.num_synapses());
}

// Mutations: sorting a reordered row by place, sources left as ids, weights of another row, places
// and ids confused in to_places or to_ids.
template <Real T>
void expect_the_same_product(int width) {
  const std::int64_t n = 517;
  const ConnectomePtr brain = testing::uneven_brain(n, 30, 4, false);
  AlignedVector<T> x(static_cast<std::size_t>(n * width)), y(x.size());
  RandomSequence random(1, Stream::kTask);
  for (T& value : x) value = static_cast<T>(random.normal());
  const auto product = product_kernel<T>(width);
  product(view_of(brain->synapses()), n, x.data(), y.data(), 0, n);
  for (const NeuronOrder& order : {shuffled(n, 3), locality_order(brain->synapses())}) {
    const SynapseTable table = reordered(brain->synapses(), order);
    AlignedVector<T> x_there(x.size()), y_there(x.size()), back(x.size());
    to_places(order, width, x.data(), x_there.data(), 0, n);
    product(view_of(table), n, x_there.data(), y_there.data(), 0, n);
    to_ids(order, width, y_there.data(), back.data(), 0, n);
    EXPECT_EQ(back, y);
  }
}

TEST(Reorder, KeepsTheBitsOfProducts) {
  expect_the_same_product<float>(1);
  expect_the_same_product<double>(1);
  expect_the_same_product<float>(kTileWidth<float>);
  expect_the_same_product<double>(kTileWidth<double>);
}

// Mutations: one scale only, labels never limited, a limit that counts who has left.
TEST(Reorder, FindsHiddenModules) {
  const std::int64_t n = 40'000, window = 4096;
  const Connectome brain = flylike_connectome({.num_neurons = n, .in_degree = 30}, 7);
  const SynapseTable hidden = reordered(brain.synapses(), shuffled(n, 5));
  const double best = near(brain.synapses(), window);  // modules are of consecutive ids
  EXPECT_LT(near(hidden, window), 0.4 * best);
  EXPECT_GT(near(reordered(hidden, locality_order(hidden)), window), 0.85 * best);
}

TEST(Reorder, FindsHiddenHemispheres) {
  const std::int64_t n = 2000;
  const Connectome brain = modular_connectome({.num_neurons = n, .density = 0.05}, 2);
  const NeuronOrder hiding = shuffled(n, 5);
  const NeuronOrder found = locality_order(reordered(brain.synapses(), hiding));
  std::int64_t borders = 0;
  for (std::size_t k = 1; k < found.id_at.size(); ++k) {
    const auto is_left = [&](std::size_t place) {
      return hiding.id_at[static_cast<std::size_t>(found.id_at[place])] < n / 2;
    };
    borders += is_left(k) != is_left(k - 1) ? 1 : 0;
  }
  EXPECT_EQ(borders, 1);  // mutation: one scale only, which mixes the chunks of both
}

// Copies for each environment are not reordered, a shared one is. Mutations: rows handed back by
// place, the threads' blocks by id.
TEST(Reorder, SimulationsHaveTheSameBitsWithAndWithout) {
  const std::int64_t n = 150'000;
  const Connectome brain = flylike_connectome({.num_neurons = n, .in_degree = 30}, 7);
  const auto hidden = std::make_shared<Connectome>(renamed(brain, shuffled(n, 5)));
  const ThreadArena arena(2);
  ASSERT_NE(ReorderedProduct<float>::where_it_pays(hidden->synapses(), {1, 1, n, 1}, arena),
            nullptr);
  BrainSpec spec;
  spec.model.name = "rate";
  spec.integrator = {.name = "euler", .dt_ms = 1};
  Simulation<float> alone({hidden}, spec, {2}, arena);
  Simulation<float> each({hidden, hidden}, spec, {1, 2}, arena);
  for (auto* sim : {&alone, &each}) {
    sim->surgeon().silence(sim->shape().num_envs - 1, 17);
    sim->advance_to(2);
  }
  EXPECT_EQ(testing::column(alone.state(), 0), testing::column(each.state(), 1));
}

TEST(Reorder, TakesTablesWithoutSynapses) {
  const Connectome brain(5, {});
  const NeuronOrder order = locality_order(brain.synapses());
  EXPECT_TRUE(order.is_identity());
  EXPECT_EQ(reordered(brain.synapses(), order).row_count, brain.synapses().row_count);
}

TEST(Reorder, DelaysGoWithTheirSynapses) {
  SynapseTable table = testing::uneven_brain(40, 5, 4, false)->synapses();
  for (std::size_t k = 0; k < table.sources.size(); ++k) {
    table.delays_ms.push_back(table.weights[k] + 10);
  }
  const SynapseTable result = reordered(table, shuffled(40, 3));
  ASSERT_EQ(result.delays_ms.size(), table.delays_ms.size());
  for (std::size_t k = 0; k < result.weights.size(); ++k) {
    EXPECT_EQ(result.delays_ms[k], result.weights[k] + 10);
  }
}

TEST(Reorder, RefusesWhatIsNoPermutation) {
  EXPECT_THROW(NeuronOrder::of({0, 0}), InternalError);
  EXPECT_THROW(NeuronOrder::of({0, 2}), InternalError);
  EXPECT_THROW(NeuronOrder::of({-1, 0}), InternalError);
  EXPECT_FALSE(NeuronOrder::of({1, 0}).is_identity());
  EXPECT_THROW(reordered(Connectome(3, {}).synapses(), NeuronOrder::of({1, 0})), InternalError);
}

}  // namespace
}  // namespace noesis

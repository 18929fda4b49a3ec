/// What there is to be seen, as data.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "env/registry.hpp"
#include "env/render_graph.hpp"

namespace noesis {
namespace {

using testing::ElementsAre;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Goes red when synapses are sorted by signed weight, or weights are not relative.
TEST(RenderGraph, TakesTheStrongestSynapses) {
  const std::vector<Synapse> synapses = {{0, 1, 1.f}, {1, 2, -4.f}, {2, 0, 2.f}};
  const RenderGraph graph = make_render_graph(Connectome(3, synapses), {0.5, kNan, 7}, 2);
  EXPECT_THAT(graph.sources, ElementsAre(1, 2));
  EXPECT_THAT(graph.targets, ElementsAre(2, 0));
  EXPECT_THAT(graph.weights, ElementsAre(-1.f, 0.5f));
  EXPECT_THAT(graph.levels, ElementsAre(0.5, 0, 1));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(std::hypot(graph.x[i] - 0.5, graph.y[i] - 0.5), 0.5, 1e-12);
  }
}

// Goes red when the axes of least spread are taken, or an axis is not stretched.
TEST(RenderGraph, PlacesNeuronsWhereTheyAre) {
  NeuronTable neurons;
  neurons.x = {0, 0, 1};
  neurons.y = {10, 30, 20};
  neurons.z = {-300, 100, 0};
  const RenderGraph graph = make_render_graph(Connectome(3, {}, {}, neurons), {0, 0, 0});
  EXPECT_THAT(graph.x, ElementsAre(0, 1, 0.75));
  EXPECT_THAT(graph.y, ElementsAre(0, 1, 0.5));
  EXPECT_TRUE(graph.weights.empty());
}

// Goes red when an environment of a batch shows another one, or a wrapper hides what is inside.
TEST(RenderGraph, IsThatOfTheEnvironment) {
  const auto batch = make_vec("noesis/Steer-v0", 2);
  batch->reset(5);
  const auto env = make("noesis/Steer-v0");
  env->reset(6);
  const RenderScene alone = env->scene(), second = batch->scene(1);
  ASSERT_EQ(alone.graph.levels.size(), 10u);
  EXPECT_EQ(alone.graph.levels, second.graph.levels);
  EXPECT_NE(alone.graph.levels, batch->scene(0).graph.levels);
  EXPECT_EQ(alone.rows.front().name, "rate");
  EXPECT_EQ(alone.rows.front().values, second.rows.front().values);
}

}  // namespace
}  // namespace noesis

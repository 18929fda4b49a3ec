// Views of a state must show the same memory as State::at, element by element, and take no copy.
#include "agent/tensor_view.hpp"

#include <gtest/gtest.h>

namespace noesis {
namespace {

template <Real T>
T number(std::int64_t env, int component, std::int64_t neuron) {
  return static_cast<T>(10000 * env + 100 * component + neuron);
}

/// A state whose value at (env, component, neuron) is 10000 env + 100 component + neuron; padding
/// lanes hold -1.
template <Real T>
State<T> numbered(BatchShape shape) {
  State<T> state(shape);
  std::fill_n(state.data(), state.size(), T{-1});
  for (std::int64_t env = 0; env < shape.num_envs; ++env) {
    for (int component = 0; component < shape.num_components; ++component) {
      for (std::int64_t neuron = 0; neuron < shape.num_neurons; ++neuron) {
        state.at(env, component, neuron) = number<T>(env, component, neuron);
      }
    }
  }
  return state;
}

/// Compares a (rows x neurons) view with the numbers above, then writes through it. Red when a
/// stride, the offset of a component or tile is wrong, or when the view is a copy.
template <Real T>
void expect_view(State<T>& state, torch::Tensor view, std::int64_t first_env, int component) {
  ASSERT_EQ(view.dim(), 2);
  ASSERT_EQ(view.size(1), state.shape().num_neurons);
  const auto values = view.accessor<T, 2>();
  for (std::int64_t row = 0; row < view.size(0); ++row) {
    for (std::int64_t neuron = 0; neuron < view.size(1); ++neuron) {
      ASSERT_EQ(values[row][neuron], number<T>(first_env + row, component, neuron));
    }
  }
  view.add_(0.5);
  EXPECT_EQ(state.at(first_env, component, 1), number<T>(first_env, component, 1) + T{0.5});
  state.at(first_env, component, 1) = 7;
  EXPECT_EQ(values[0][1], 7);
}

template <class T>
class TensorView : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(TensorView, Precisions);

TYPED_TEST(TensorView, WholeStateHasTheLayoutOfMemory) {
  auto state = numbered<TypeParam>({kTileWidth<TypeParam> + 3, 2, 5, kTileWidth<TypeParam>});
  const torch::Tensor view = state_view(state);
  EXPECT_EQ(view.sizes(), (torch::IntArrayRef{2, 2, 5, kTileWidth<TypeParam>}));
  EXPECT_EQ(view.data_ptr(), state.data());
  EXPECT_EQ(view[1][1][4][2].template item<TypeParam>(), state.at(kTileWidth<TypeParam> + 2, 1, 4));
}

TYPED_TEST(TensorView, OneTileWithoutItsPadding) {
  auto state = numbered<TypeParam>({3, 2, 5, kTileWidth<TypeParam>});
  const torch::Tensor view = component_view(state, 1);
  EXPECT_EQ(view.size(0), 3);
  expect_view(state, view, 0, 1);
  // Red when the padding lanes are part of the view: they must not have been added to.
  EXPECT_EQ(state.plane(0, 1)[3], -1);
}

TYPED_TEST(TensorView, TilesOfOneEnvironment) {
  auto state = numbered<TypeParam>({4, 2, 5, 1});
  const torch::Tensor view = component_view(state, 1);
  EXPECT_EQ(view.size(0), 4);
  expect_view(state, view, 0, 1);
}

TYPED_TEST(TensorView, LastTileIsNarrowed) {
  auto state = numbered<TypeParam>({kTileWidth<TypeParam> + 3, 2, 5, kTileWidth<TypeParam>});
  EXPECT_EQ(tile_view(state, 0, 0).size(0), kTileWidth<TypeParam>);
  const torch::Tensor last = tile_view(state, 1, 1);
  EXPECT_EQ(last.size(0), 3);
  expect_view(state, last, kTileWidth<TypeParam>, 1);
}

TYPED_TEST(TensorView, RefusesWhatIsNotThere) {
  State<TypeParam> empty;
  EXPECT_THROW(state_view(empty), ConfigError);
  State<TypeParam> one({1, 2, 5, 1});
  EXPECT_THROW(component_view(one, 2), ConfigError);
  EXPECT_THROW(component_view(one, -1), ConfigError);
  EXPECT_THROW(tile_view(one, 1, 0), ConfigError);
  State<TypeParam> tiles({2 * kTileWidth<TypeParam>, 2, 5, kTileWidth<TypeParam>});
  EXPECT_THROW(component_view(tiles, 0), ConfigError);
}

}  // namespace
}  // namespace noesis

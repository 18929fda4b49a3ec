#include "agent/tensor_view.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "core/error.hpp"

namespace noesis {
namespace {

template <Real T>
torch::TensorOptions options() {
  return torch::TensorOptions().dtype(torch::CppTypeToScalarType<T>::value);
}

template <Real T>
void require_values(const State<T>& state) {
  if (state.size() == 0) {
    throw ConfigError({.what = "an empty state has no tensor view",
                       .where = "tensor view",
                       .got = "0 values",
                       .allowed = "a state with environments and neurons",
                       .next = "view it after the simulation was made"});
  }
}

void require_index(const char* name, std::int64_t index, std::int64_t count) {
  if (index < 0 || index >= count) {
    throw ConfigError({.what = std::string(name) + " does not exist",
                       .where = "tensor view",
                       .got = std::to_string(index),
                       .allowed = "0 .. " + std::to_string(count - 1),
                       .next = ""});
  }
}

}  // namespace

template <Real T>
torch::Tensor state_view(State<T>& state) {
  require_values(state);
  const BatchShape& shape = state.shape();
  return torch::from_blob(
      state.data(), {shape.num_tiles(), shape.num_components, shape.num_neurons, shape.tile_width},
      options<T>());
}

template <Real T>
torch::Tensor tile_view(State<T>& state, std::int64_t tile, int component) {
  require_values(state);
  const BatchShape& shape = state.shape();
  require_index("tile", tile, shape.num_tiles());
  require_index("component", component, shape.num_components);
  const std::int64_t width = shape.tile_width;
  const std::int64_t num_envs = std::min(width, shape.num_envs - tile * width);
  const std::array<std::int64_t, 2> sizes = {num_envs, shape.num_neurons};
  const std::array<std::int64_t, 2> strides = {1, width};
  return torch::from_blob(state.plane(tile, component), sizes, strides, options<T>());
}

template <Real T>
torch::Tensor component_view(State<T>& state, int component) {
  require_values(state);
  const BatchShape& shape = state.shape();
  if (shape.num_tiles() == 1) return tile_view(state, 0, component);
  if (shape.tile_width > 1) {
    throw ConfigError({.what = "a batch of several tiles has no (num_envs x num_neurons) view",
                       .where = "component_view",
                       .got = std::to_string(shape.num_tiles()) + " tiles",
                       .allowed = "one tile, or tiles of one environment",
                       .next = "use tile_view for each tile"});
  }
  require_index("component", component, shape.num_components);
  const std::array<std::int64_t, 2> sizes = {shape.num_envs, shape.num_neurons};
  const std::array<std::int64_t, 2> strides = {shape.tile_size(), 1};
  return torch::from_blob(state.plane(0, component), sizes, strides, options<T>());
}

template torch::Tensor state_view(State<float>&);
template torch::Tensor state_view(State<double>&);
template torch::Tensor tile_view(State<float>&, std::int64_t, int);
template torch::Tensor tile_view(State<double>&, std::int64_t, int);
template torch::Tensor component_view(State<float>&, int);
template torch::Tensor component_view(State<double>&, int);

}  // namespace noesis

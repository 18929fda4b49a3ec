#pragma once
/// States of brains as LibTorch tensors, without a copy: what is written through the tensor is seen
/// in the state, and the other way round. A view owns nothing; the state must outlive it, must not
/// be moved from or reassigned meanwhile, and must not be read and written by two threads at a
/// time.

#include <torch/torch.h>

#include "physics/state.hpp"

namespace noesis {

/// The whole of `state` as it lies in memory: (num_tiles x num_components x num_neurons x
/// tile_width), contiguous, on the CPU, of the state's precision. Lanes past the last environment
/// are included.
/// @throws ConfigError when the state is empty.
template <Real T>
torch::Tensor state_view(State<T>& state);

/// One state variable: (num_envs x num_neurons), strided, without the padding lanes.
/// With one tile, or tiles of width 1, this is a view; with more tiles of more than one environment
/// no strides exist that reach every environment, so it cannot be one tensor: use tile_view.
/// @throws ConfigError when the component does not exist, the state is empty, or it has such tiles.
template <Real T>
torch::Tensor component_view(State<T>& state, int component);

/// One state variable in one tile: (environments of the tile x num_neurons), strided, without the
/// padding lanes. Row e is environment tile * tile_width + e.
/// @throws ConfigError when the tile or the component does not exist.
template <Real T>
torch::Tensor tile_view(State<T>& state, std::int64_t tile, int component);

}  // namespace noesis

#pragma once
/// Runs a kernel on all rows of all tiles.

#include "gpu/gpu_api.hpp"

namespace noesis::NOESIS_GPU {

/// Enqueues `kernel(team, row, tile)` for rows [0, num_rows) of tiles [0, num_tiles), in any order
/// and at the same time. Asynchronous; the caller checks for errors (device.hpp). Instantiated in
/// kernels/*.cu.
template <class Kernel>
void launch(const Kernel& kernel, std::int64_t num_rows, std::int64_t num_tiles, ApiStream stream);

}  // namespace noesis::NOESIS_GPU

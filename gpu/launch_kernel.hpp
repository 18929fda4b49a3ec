#pragma once
/// The definition of launch.hpp, for the files that instantiate it.

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

#include "gpu/launch.hpp"
#include "gpu/team.hpp"

namespace noesis::NOESIS_GPU {

#if defined(NOESIS_GPU_EMULATED)

template <class Kernel>
void launch(const Kernel& kernel, std::int64_t num_rows, std::int64_t num_tiles, ApiStream) {
  // Backwards, so that what depends on the order of rows does not pass by luck.
  const std::int64_t num_threads = emulated_device().num_threads;
  const auto run = [&](std::int64_t thread) {
    for (std::int64_t tile = num_tiles; tile-- > 0;) {
      for (std::int64_t row = num_rows; row-- > 0;) {
        if ((row + tile) % num_threads != thread) continue;
        kernel(Team<Kernel::kTeamSize>(), row, tile);
      }
    }
  };
  std::vector<std::jthread> others;
  for (std::int64_t thread = 1; thread < num_threads; ++thread) others.emplace_back(run, thread);
  run(0);
}

#else

inline constexpr int kBlockThreads = 128;
inline constexpr std::int64_t kMostTiles = 65'535;  // of a grid's second dimension

/// Blocks that a processor should at least hold at once, where a kernel asks for it: it then gets
/// no more registers than that leaves. HIP's second bound means something else.
template <class Kernel>
constexpr int min_blocks() {
#if defined(NOESIS_GPU_CUDA)
  if constexpr (requires { Kernel::kMinBlocks; }) return Kernel::kMinBlocks;
#endif
  return 1;
}

template <class Kernel>
__global__ void __launch_bounds__(kBlockThreads, min_blocks<Kernel>())
    run_kernel(const Kernel kernel, std::int64_t num_rows, std::int64_t first_tile) {
  constexpr int kSize = Kernel::kTeamSize;
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * (kBlockThreads / kSize) +
                           static_cast<int>(threadIdx.x) / kSize;
  if (row >= num_rows) return;  // a whole team
  kernel(Team<kSize>(static_cast<int>(threadIdx.x) % kSize), row, first_tile + blockIdx.y);
}

template <class Kernel>
void launch(const Kernel& kernel, std::int64_t num_rows, std::int64_t num_tiles, ApiStream stream) {
  constexpr std::int64_t kTeams = kBlockThreads / Kernel::kTeamSize;
  if (num_rows == 0) return;
  const auto blocks = static_cast<unsigned>((num_rows + kTeams - 1) / kTeams);
  for (std::int64_t first = 0; first < num_tiles; first += kMostTiles) {
    const auto tiles = static_cast<unsigned>(std::min(kMostTiles, num_tiles - first));
    // Left alone by the formatter, which takes a launch for three operators.
    // clang-format off
    run_kernel<<<dim3(blocks, tiles), dim3(kBlockThreads), 0, stream>>>(kernel, num_rows, first);
    // clang-format on
  }
}

#endif

}  // namespace noesis::NOESIS_GPU

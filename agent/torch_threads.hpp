#pragma once
/// LibTorch at one thread, so that the same seed gives the same bits; parallelism is agents side by
/// side.

#include <torch/torch.h>

namespace noesis {

/// For the calling thread: to be called in each thread that uses LibTorch.
inline void use_one_torch_thread() {
  if (at::get_num_threads() != 1) at::set_num_threads(1);
}

}  // namespace noesis

#include "core/threads.hpp"

#include <string>
#include <thread>

#include "core/error.hpp"

namespace noesis {

ThreadArena::ThreadArena(int num_threads) : num_threads_(num_threads) {
  if (num_threads < 0) {
    throw ConfigError({.what = "number of threads is negative",
                       .where = "threads",
                       .got = std::to_string(num_threads),
                       .allowed = "0 (all) or more",
                       .next = {}});
  }
  if (num_threads_ == 0) num_threads_ = static_cast<int>(std::thread::hardware_concurrency());
  if (num_threads_ < 1) num_threads_ = 1;
  limit_ = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                 static_cast<std::size_t>(num_threads_));
  arena_ = std::make_unique<tbb::task_arena>(num_threads_);
}

}  // namespace noesis

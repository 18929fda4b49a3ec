#pragma once
/// One thread arena, made once and passed in. Work is split statically, and no result depends on the
/// split: every output element has one owner, and there are no cross-thread floating-point sums.

#include <cstdint>
#include <memory>

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

namespace noesis {

/// A fixed number of threads to run work on. Owns a oneTBB arena; one may be shared by many
/// simulations, and calls from different threads are safe.
class ThreadArena {
 public:
  /// `num_threads` 0 means all hardware threads. @throws ConfigError when negative.
  explicit ThreadArena(int num_threads = 0);

  int num_threads() const noexcept { return num_threads_; }

  /// Calls body(first, last) on disjoint ranges that cover [0, count), each at least `grain` long
  /// where possible; runs in the calling thread when there is too little to share.
  template <class Body>
  void parallel_for(std::int64_t count, std::int64_t grain, const Body& body) const {
    if (count <= 0) return;
    if (num_threads_ == 1 || count <= grain) {
      body(std::int64_t{0}, count);
      return;
    }
    arena_->execute([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::int64_t>(0, count, static_cast<std::size_t>(grain)),
          [&](const tbb::blocked_range<std::int64_t>& range) { body(range.begin(), range.end()); },
          tbb::static_partitioner{});
    });
  }

 private:
  int num_threads_;
  std::unique_ptr<tbb::global_control> limit_;  // lets an arena have more threads than cores
  std::unique_ptr<tbb::task_arena> arena_;
};

}  // namespace noesis

#pragma once
/// One thread arena, made once and passed in. Work is split statically, and no result depends on
/// the split: every output element has one owner, and there are no cross-thread floating-point
/// sums.

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <cstdint>
#include <memory>

#ifdef NOESIS_PLAIN_THREADS
#include <algorithm>
#include <future>
#include <vector>
#else
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#endif

namespace noesis {

/// A fixed number of threads to run work on. Owns a oneTBB arena; one may be shared by many
/// simulations, and calls from different threads are safe.
class ThreadArena {
 public:
  /// `num_threads` 0 means all hardware threads. @throws ConfigError when negative.
  explicit ThreadArena(int num_threads = 0);

  int num_threads() const noexcept { return num_threads_; }

  /// Calls body(first, last) on disjoint ranges that cover [0, count), each at least `grain` long
  /// where possible; runs in the calling thread when there is too little to share. Built for the
  /// thread sanitizer (NOESIS_PLAIN_THREADS), it starts threads of its own: oneTBB's library is not
  /// instrumented, so that its hand-overs look like races and hide the ones of the bodies.
  template <class Body>
  void parallel_for(std::int64_t count, std::int64_t grain, const Body& body) const {
    if (count <= 0) return;
    if (num_threads_ == 1 || count <= grain) {
      body(std::int64_t{0}, count);
      return;
    }
#ifdef NOESIS_PLAIN_THREADS
    const std::int64_t size = std::max(grain, (count + num_threads_ - 1) / num_threads_);
    std::vector<std::future<void>> parts;
    for (std::int64_t first = 0; first < count; first += size) {
      parts.push_back(
          std::async(std::launch::async,
                     [&body, first, last = std::min(first + size, count)] { body(first, last); }));
    }
    for (auto& part : parts) part.get();
#else
    arena_->execute([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::int64_t>(0, count, static_cast<std::size_t>(grain)),
          [&](const tbb::blocked_range<std::int64_t>& range) { body(range.begin(), range.end()); },
          tbb::static_partitioner{});
    });
#endif
  }

 private:
  int num_threads_;
  std::unique_ptr<tbb::global_control> limit_;  // lets an arena have more threads than cores
  std::unique_ptr<tbb::task_arena> arena_;
};

}  // namespace noesis

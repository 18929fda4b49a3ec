#pragma once
/// One thread arena, made once and passed in. Work is split statically, and no result depends on
/// the split: every output element has one owner, and there are no cross-thread floating-point
/// sums.

#include <cstdint>
#include <memory>

namespace noesis {

/// A fixed number of threads to run work on. Owns a oneTBB arena; one may be shared by many
/// simulations, and calls from different threads are safe.
class ThreadArena {
 public:
  /// `num_threads` 0 means all hardware threads. @throws ConfigError when negative.
  explicit ThreadArena(int num_threads = 0);
  ~ThreadArena();
  ThreadArena(ThreadArena&&) noexcept;

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
    split(count, grain, &body, [](const void* part, std::int64_t first, std::int64_t last) {
      (*static_cast<const Body*>(part))(first, last);
    });
  }

 private:
  using Part = void (*)(const void* body, std::int64_t first, std::int64_t last);
  void split(std::int64_t count, std::int64_t grain, const void* body, Part part) const;

  class Pool;
  int num_threads_;
  std::unique_ptr<Pool> pool_;  // null for one thread
};

}  // namespace noesis

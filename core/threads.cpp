#include "core/threads.hpp"

#include <algorithm>
#include <string>
#include <thread>

#include "core/error.hpp"

#ifdef NOESIS_PLAIN_THREADS
#include <future>
#include <vector>
#else
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>
#endif

namespace noesis {

#ifdef NOESIS_PLAIN_THREADS

class ThreadArena::Pool {
 public:
  explicit Pool(int) {}
};

void ThreadArena::split(std::int64_t count, std::int64_t grain, const void* body, Part part) const {
  const std::int64_t size = std::max(grain, (count + num_threads_ - 1) / num_threads_);
  std::vector<std::future<void>> parts;
  for (std::int64_t first = 0; first < count; first += size) {
    parts.push_back(std::async(std::launch::async, [=, last = std::min(first + size, count)] {
      part(body, first, last);
    }));
  }
  for (auto& one : parts) one.get();
}

#else

/// An arena may have more threads than cores only while oneTBB as a whole is allowed them. The
/// allowance is the least that anyone asks for, so it is asked for only where it raises the
/// default.
class ThreadArena::Pool {
 public:
  explicit Pool(int num_threads) : arena_(num_threads) {
    const auto threads = static_cast<std::size_t>(num_threads);
    constexpr auto kAllowed = tbb::global_control::max_allowed_parallelism;
    if (threads <= tbb::global_control::active_value(kAllowed)) return;
    allowance_ = std::make_unique<tbb::global_control>(kAllowed, threads);
  }

  void split(std::int64_t count, std::int64_t grain, const void* body, Part part) {
    arena_.execute([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::int64_t>(0, count, static_cast<std::size_t>(grain)),
          [&](const tbb::blocked_range<std::int64_t>& range) {
            part(body, range.begin(), range.end());
          },
          tbb::static_partitioner{});
    });
  }

 private:
  std::unique_ptr<tbb::global_control> allowance_;
  tbb::task_arena arena_;
};

void ThreadArena::split(std::int64_t count, std::int64_t grain, const void* body, Part part) const {
  pool_->split(count, grain, body, part);
}

#endif

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
  if (num_threads_ > 1) pool_ = std::make_unique<Pool>(num_threads_);
}

ThreadArena::~ThreadArena() = default;
ThreadArena::ThreadArena(ThreadArena&&) noexcept = default;

}  // namespace noesis

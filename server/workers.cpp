#include "server/workers.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "core/error.hpp"

namespace noesis {

void block_signals() {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

Workers::Workers(int num_threads) : done_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (done_fd_ < 0) {
    throw RunError({.what = "no event descriptor could be had",
                    .where = "server",
                    .got = {},
                    .allowed = {},
                    .next = "raise the limit of open files"});
  }
  for (int i = 0; i < num_threads; ++i) threads_.emplace_back([this] { work(); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    jobs_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  ::close(done_fd_);
}

void Workers::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

std::vector<Job> Workers::take_done() {
  std::uint64_t count = 0;
  if (::read(done_fd_, &count, sizeof count) < 0) return {};
  const std::lock_guard lock(mutex_);
  return std::exchange(done_, {});
}

void Workers::wake() {
  const std::uint64_t one = 1;
  // It fails only where the counter is full, and then it is readable.
  if (::write(done_fd_, &one, sizeof one) < 0) return;
}

void Workers::work() {
  block_signals();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
    if (stop_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job.run();
    lock.lock();
    done_.push_back(std::move(job));
    if (done_.size() == 1) wake();
  }
}

}  // namespace noesis

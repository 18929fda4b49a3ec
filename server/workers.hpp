#pragma once
/// Threads that run the jobs of sessions.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "server/dispatcher.hpp"

namespace noesis {

/// Leaves signals to other threads of the process: in this one they would interrupt system calls.
void block_signals();

/// Runs jobs in the order in which they come. done_fd() is readable when results wait.
class Workers {
 public:
  explicit Workers(int num_threads);
  /// Waits for the jobs that run; those that have not begun are dropped.
  ~Workers();

  int num_threads() const noexcept { return static_cast<int>(threads_.size()); }
  int done_fd() const noexcept { return done_fd_; }
  void submit(Job job);
  /// What was finished since the last call.
  std::vector<Job> take_done();
  /// Makes done_fd() readable although nothing was done.
  void wake();

 private:
  void work();

  int done_fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::vector<Job> done_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace noesis

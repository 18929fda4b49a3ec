#pragma once
/// Workers that join by themselves, and a master that waits for them.

#include <unistd.h>

#include <exception>
#include <string>
#include <thread>

#include "distributed/zmq_crew.hpp"
#include "distributed/zmq_worker.hpp"

namespace noesis::testing {

/// A worker in a thread that joins by itself; its error in the end.
class Joining {
 public:
  explicit Joining(WorkerOptions options)
      : thread_([this, options = std::move(options)] {
          try {
            run_zmq_worker(options);
          } catch (const std::exception& error) {
            what_ = error.what();
          }
        }) {}
  ~Joining() { join(); }
  std::string join() {
    if (thread_.joinable()) thread_.join();
    return what_;
  }

 private:
  std::string what_;
  std::thread thread_;
};

inline WorkerOptions joining(int port) {
  WorkerOptions options;
  options.connect = "tcp://127.0.0.1:" + std::to_string(port);
  options.is_quiet = true;
  options.threads = 1;
  options.patience = std::chrono::seconds(20);
  return options;
}

// Of this process, since others run beside it, and below those that the kernel gives out by itself.
inline const int kPort = 20'000 + 4 * (::getpid() % 3'000);

inline ZmqCrewOptions waiting(int workers) {
  ZmqCrewOptions options;
  options.num_workers = workers;
  options.bind = "tcp://127.0.0.1:" + std::to_string(kPort);
  options.is_quiet = true;
  options.join_patience = std::chrono::seconds(20);
  options.config_digest = "configuration-a";
  options.connectome_digest = "connectome-a";
  return options;
}

}  // namespace noesis::testing

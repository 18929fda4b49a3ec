#pragma once
/// Crews of workers that are processes.

#include "distributed/zmq_crew.hpp"

namespace noesis::testing {

/// The program of a worker; each test says where it is.
extern const char* const kWorker;

inline ZmqCrewOptions started(int workers, bool respawn = true) {
  ZmqCrewOptions options;
  options.num_workers = options.num_started = workers;
  options.respawn = respawn;
  options.is_quiet = true;
  options.join_patience = std::chrono::seconds(30);
  options.worker_command = [](const std::string& endpoint, const std::string& token) {
    return ChildCommand{{kWorker, endpoint, token}};
  };
  return options;
}

}  // namespace noesis::testing

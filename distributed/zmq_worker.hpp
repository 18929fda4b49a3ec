#pragma once
/// A worker as a process: it finds its master, learns everything from it, and does as it is told.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "physics/row_device.hpp"

namespace noesis {

/// Keys of a worker, Z85: the master's public one, and its own.
struct WorkerKeys {
  std::string master_key, public_key, secret_key;
};

struct WorkerOptions {
  std::string connect;                  ///< tcp://HOST:PORT of the master
  std::optional<WorkerKeys> keys = {};  ///< CURVE
  std::string peer_host = {};           ///< address for other workers; empty: the way to the master
  std::string peer_port = {};           ///< "5570" or "5570-5579" for them; empty: any
  int threads = 0;                      ///< 0: all
  std::string config_digest = {};       ///< refuse another configuration; empty: any
  std::string connectome_digest = {};   ///< refuse another connectome; empty: any
  std::chrono::milliseconds patience{60'000};      ///< in which the master must answer, each time
  bool is_quiet = false;                           ///< says nothing but errors
  std::shared_ptr<const RowDevices> devices = {};  ///< what computes its rows; null: the processor
  std::string token = {};  ///< by which the master knows a worker that it started
};

/// Works until the master says stop. A worker that loses its master, or is let go by it, says hello
/// anew, as one that knows nothing, unless it was the master that started it. @throws RunError when
/// the master cannot be reached, is gone or refuses this worker, with its reason.
void run_zmq_worker(const WorkerOptions& options);

}  // namespace noesis

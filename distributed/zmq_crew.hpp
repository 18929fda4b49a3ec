#pragma once
/// The master's side of workers over ZeroMQ.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "distributed/child_worker.hpp"
#include "distributed/crew.hpp"

namespace noesis {

/// Keys of a master, Z85, and the public keys of workers that may join.
struct MasterKeys {
  std::string public_key, secret_key;
  std::vector<std::string> workers;
};

struct ZmqCrewOptions {
  std::string bind = "tcp://127.0.0.1:*";
  int num_workers = 2;
  int num_started = 0;  ///< of them that the crew starts on this machine; the others join
  /// The command of a worker that joins at an endpoint with a token.
  std::function<ChildCommand(const std::string& endpoint, const std::string& token)>
      worker_command = {};
  bool respawn = false;  ///< starts another in the place of one that is lost, else waits for one
  std::optional<MasterKeys> keys = {};
  bool insecure = false;  ///< a public endpoint without keys
  std::string config_digest, connectome_digest;
  std::uint64_t most_bytes = std::uint64_t{1} << 34;  ///< of a message
  std::chrono::milliseconds join_patience{60'000};    ///< in which all must have joined
  std::chrono::milliseconds heartbeat{200};
  std::chrono::milliseconds silence{1'500};  ///< after which a worker is lost
  bool is_quiet = false;                     ///< says nothing of joins and losses
  /// Told of every loss, in words.
  std::function<void(const std::string&)> on_loss = {};
};

/// Waits until all workers have joined. @throws ConfigError for an address that cannot be bound (in
/// use, or public without keys), RunError when not all join in time or a started one ends.
std::unique_ptr<Crew> make_zmq_crew(ZmqCrewOptions options);

/// A fresh CURVE key pair, public and secret, for workers that a master starts. @throws ConfigError
/// where libzmq has no CURVE.
std::pair<std::string, std::string> make_worker_keys();

/// Processes of the workers that the crew started, by rank; for tests that end some.
std::vector<int> worker_processes(const Crew& crew);

}  // namespace noesis

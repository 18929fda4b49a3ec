#pragma once
/// The environment server: one thread with the sockets, and worker threads for the environments.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "server/dispatcher.hpp"
#include "server/keys.hpp"

namespace noesis {

struct ServerOptions {
  std::string bind = "tcp://127.0.0.1:5555";  ///< ZeroMQ endpoint; port 0 takes a free one
  std::optional<ServerKeys> keys;             ///< with them, only their clients may connect
  bool insecure = false;                      ///< a public endpoint without keys is meant
  int threads = 0;                            ///< that run environments; 0: all hardware threads
  DispatcherOptions dispatcher;
  std::size_t most_unread_bytes = std::size_t{64}
                                  << 20;  ///< of answers that a client does not read
};

/// Serves from its construction until stop(). Its functions may be called by any thread.
class Server {
 public:
  /// @throws ConfigError for a public endpoint with neither keys nor `insecure`, one that cannot be
  ///   bound, or an unknown environment.
  explicit Server(ServerOptions options);
  /// Stops, and waits for the steps that run.
  ~Server();

  /// Where it listens, with the port that it got.
  const std::string& endpoint() const;
  ServerStatus status() const;
  /// Begins nothing new, answers what is in flight, and ends. False when that took longer than
  /// `most`: steps are still running then, and the destructor would wait for them.
  bool stop(std::chrono::milliseconds most);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace noesis

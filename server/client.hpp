#pragma once
/// A plain client of the server in C++: one connection, requests out and answers in. It neither
/// retries nor resumes; noesis.remote in Python does.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "server/keys.hpp"
#include "server/protocol.hpp"

namespace noesis {

/// Used by one thread at a time.
class Connection {
 public:
  /// Connects in the background. When `most_waiting` messages wait to be received, no more are read
  /// from the network. @throws ConfigError for an endpoint that cannot be.
  explicit Connection(const std::string& endpoint, const std::optional<ClientKeys>& keys = {},
                      int most_waiting = 1000);
  ~Connection();

  void send(const Frames& frames);
  /// The next message; nothing when none comes in time.
  std::optional<Message> receive(std::chrono::milliseconds most);

  /// Sends a request under a number of its own and waits for its answer; others are dropped.
  /// @throws RunError when none comes in time. An answer may be an ERROR.
  Message call(MessageWriter request, std::chrono::milliseconds most = std::chrono::seconds(30));

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace noesis

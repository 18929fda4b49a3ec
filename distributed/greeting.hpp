#pragma once
/// The handshake of a worker and its master.

#include <string>

#include "distributed/protocol.hpp"
#include "distributed/zmq_communicator.hpp"

namespace noesis {

/// What master and worker must agree on: the same bits come only of the same program.
struct Identity {
  std::string version;          ///< of noesis
  std::string instruction_set;  ///< of the kernels; for people
  std::string config_digest;    ///< of the run; from a worker: the one that it wants, or empty
  std::string connectome_digest;

  template <class V>
  void visit(V& v) {
    v(version, instruction_set, config_digest, connectome_digest);
  }
};

/// kHello.
struct Hello {
  Identity identity;
  std::string token;  ///< of a worker that the master started
  std::int64_t process = 0;

  template <class V>
  void visit(V& v) {
    v(identity, token, process);
  }
};

/// kWelcome.
struct Welcome {
  Identity identity;
  std::int32_t rank = 0;
  std::int32_t size = 1;
  std::uint64_t session = 0;
  std::uint64_t most_bytes = 0;  ///< of a message
  std::int32_t heartbeat_ms = 200;
  std::uint8_t encrypted = 0;

  template <class V>
  void visit(V& v) {
    v(identity, rank, size, session, most_bytes, heartbeat_ms, encrypted);
  }
};

/// kHeartbeat.
struct Heartbeat {
  std::uint64_t session = 0;
  std::int64_t num_steps = 0;
  std::int64_t num_exchanges = 0;
  std::uint8_t is_waiting = 0;

  template <class V>
  void visit(V& v) {
    v(session, num_steps, num_exchanges, is_waiting);
  }
};

/// kConnect comes twice: without addresses a worker opens its socket and answers with its address,
/// with them it connects to its peers.
struct ConnectCommand {
  std::vector<PeerAddress> peers;

  template <class V>
  void visit(V& v) {
    v(peers);
  }
};

/// Bytes of a greeting, before anything is known of the peer.
inline constexpr std::uint64_t kMostGreetingBytes = 1 << 16;

/// This program's identity, without digests.
Identity own_identity();
/// Why two do not fit together, from `master`'s side; empty where they do.
std::string misfit(const Identity& master, const Identity& worker);

}  // namespace noesis

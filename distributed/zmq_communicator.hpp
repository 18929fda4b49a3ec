#pragma once
/// Exchanges among workers over ZeroMQ: every worker receives from all its peers at one socket and
/// sends to each by one of its own. Rates are sent from where they are; what comes is checked and
/// copied once, to where it is read.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "distributed/port_range.hpp"
#include "physics/communicator.hpp"

namespace noesis {

/// What a worker is doing, for its heartbeats. Any thread.
struct WorkerPulse {
  std::atomic<std::int64_t> num_exchanges{0};
  std::atomic<std::int64_t> num_steps{0};
  std::atomic<bool> is_waiting{false};
};

/// Where a peer receives, and its key (empty without CURVE).
struct PeerAddress {
  std::string endpoint;
  std::string public_key;

  template <class V>
  void visit(V& v) {
    v(endpoint, public_key);
  }
};

/// The group was given up while an exchange was waited for.
class ExchangeGivenUp : public RunError {
 public:
  using RunError::RunError;
};

class ZmqCommunicator final : public Communicator {
 public:
  struct Options {
    int rank = 0;
    int size = 1;
    std::uint32_t epoch = 0;
    std::string host;              ///< at which peers reach this worker
    PortRange ports = {};          ///< at which peers reach it
    bool encrypted = false;        ///< with keys of its own, made for this group
    std::uint64_t most_bytes = 0;  ///< of a message
    /// Asked while waiting; true when the group is given up.
    std::function<bool()> is_given_up;
    WorkerPulse* pulse = nullptr;
  };
  /// Binds its socket, to a port that a group before may be about to leave. @throws RunError where
  /// it cannot.
  ZmqCommunicator(zmq::context_t& context, Options options);
  ~ZmqCommunicator() override;

  /// Where peers send to.
  const PeerAddress& address() const noexcept;
  /// Ends all traffic, and returns when nobody reads what was being sent: to be called before that
  /// memory goes.
  void close();
  /// To be called once, with the address of every rank, before the first exchange.
  void connect(const std::vector<PeerAddress>& peers);

  int rank() const override;
  int size() const override;
  std::unique_ptr<Exchange> make_exchange(std::vector<SentPiece> sent,
                                          std::vector<ReceivedPiece> received) override;
  WorstError worst(const WorstError& own) override;
  const ExchangeStatistics& statistics() const override;
  /// Frames that were refused: no bits of a peer's.
  std::int64_t num_refused() const noexcept;

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace noesis

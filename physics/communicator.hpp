#pragma once
/// How the parts of a brain that is split over workers exchange what crosses between them. The
/// interface is physics' own; threads, MPI and ZeroMQ implement it in distributed/.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "physics/system.hpp"

namespace noesis {

/// Bytes that go to one member of a group in every exchange. Where there are `indices`, they are
/// values of `value_bytes` at those places of `data`, and packing them is one copy; else they are
/// `count` values from `data` on.
struct SentPiece {
  int peer = 0;
  const std::byte* data = nullptr;
  std::size_t value_bytes = 0;
  std::size_t count = 0;
  std::vector<std::int32_t> indices = {};

  std::size_t bytes() const noexcept { return value_bytes * count; }
};

/// Bytes that come from one member in every exchange, and where they are wanted.
struct ReceivedPiece {
  int peer = 0;
  std::byte* data = nullptr;
  std::size_t bytes = 0;
};

/// One exchange that is done over and over, at the same places in memory.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// What is to be sent is in place, and stays as it is until finish(). Returns at once.
  virtual void start() = 0;
  /// Returns when all that was to come has come. @throws RunError when a member is lost.
  virtual void finish() = 0;
};

/// What a group's exchanges did so far, of one member.
struct ExchangeStatistics {
  std::int64_t num_exchanges = 0;
  std::int64_t bytes_sent = 0;      ///< of rates, without frames
  std::int64_t bytes_received = 0;  ///< the same
  std::int64_t bytes_copied = 0;    ///< from buffer to buffer in this process, the system's apart
  double wait_s = 0;                ///< in which nothing but waiting was done
};

/// What a prediction of a split brain's steps knows of machines (distributed/prediction.hpp). The
/// defaults are of one core of a server of 2023 and of loopback; `noesis bench scaling` measures
/// them.
struct CostModel {
  double synapse_s = 0.8e-9;   ///< c_s: a synapse in a stage, sources out of cache
  double neuron_s = 10e-9;     ///< c_n: a neuron in a stage, its part of the noise included
  double latency_s = 60e-6;    ///< L: of an exchange without content
  double bytes_per_s = 1.5e9;  ///< b: with checksums and copies
  int cores = 0;               ///< that the workers share; 0: one each at least
};

/// One member of a group. Every member makes the same exchanges and calls the same functions in the
/// same order. Not thread-safe.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;

  /// Buffers outlive the exchange. Pieces come and go in the order in which they stand here, which
  /// is the same at both ends.
  virtual std::unique_ptr<Exchange> make_exchange(std::vector<SentPiece> sent,
                                                  std::vector<ReceivedPiece> received) = 0;

  /// The worst of what all members give: the largest norm, of the lowest neuron among equal ones.
  virtual WorstError worst(const WorstError& own) = 0;

  virtual const ExchangeStatistics& statistics() const = 0;
};

}  // namespace noesis

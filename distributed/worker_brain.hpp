#pragma once
/// A worker's part of a brain, and what it does when it is told to: a machine whose state follows
/// from the commands that it was given, so that the same commands after the same snapshot give the
/// same bits.

#include <memory>
#include <span>

#include "core/threads.hpp"
#include "distributed/protocol.hpp"
#include "physics/communicator.hpp"
#include "physics/row_device.hpp"

namespace noesis {

/// One worker. Not thread-safe; arena, communicator and devices outlive it.
class WorkerBrain {
 public:
  /// Its rows are computed on the first of `devices`; null: on the processor.
  WorkerBrain(Communicator& communicator, const ThreadArena& arena,
              const RowDevices* devices = nullptr);
  ~WorkerBrain();

  /// Does what a command says and gives the answer. All workers are given the same commands in the
  /// same order, each with its own part. @throws WireError for a command that is damaged or out
  /// of order, ConfigError or RunError when what it asks for cannot be done, or a peer is lost.
  Bytes handle(WireType type, std::span<const std::byte> payload);

  /// Steps done, for heartbeats.
  std::int64_t num_steps() const noexcept;

  class Part;  // at one precision, in worker_brain.cpp

 private:
  Communicator& communicator_;
  const ThreadArena& arena_;
  const RowDevices* devices_;
  std::unique_ptr<Part> part_;
};

}  // namespace noesis

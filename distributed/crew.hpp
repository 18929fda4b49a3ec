#pragma once
/// The workers as their master sees them: everybody is told the same command, and everybody
/// answers.

#include <memory>
#include <string>
#include <vector>

#include "core/threads.hpp"
#include "distributed/protocol.hpp"
#include "physics/row_device.hpp"

namespace noesis {

/// A worker is gone, or cannot be trusted any more; another may take its place.
class WorkerLost : public RunError {
 public:
  using RunError::RunError;
};

/// Not thread-safe.
class Crew {
 public:
  virtual ~Crew() = default;
  virtual int size() const = 0;
  /// As a user would say it: "2 workers in this process".
  virtual std::string name() const = 0;

  /// Gives each worker a command with its payload, and waits for their answers. @throws what a
  /// worker could not do, as the error that it met; WorkerLost when one is gone.
  virtual std::vector<Bytes> call(WireType type, std::vector<Bytes> payloads) = 0;

  /// After WorkerLost: makes the crew whole again, with workers that know nothing. @throws RunError
  /// where that cannot be.
  virtual void replace_lost() = 0;
};

/// Threads of this process, each with an arena of `threads_each`. `devices` say what computes a
/// worker's rows (null, or none at its rank: the processor), and outlive the crew.
std::unique_ptr<Crew> make_local_crew(int size, int threads_each = 1,
                                      std::vector<const RowDevices*> devices = {});

}  // namespace noesis

#pragma once
/// Groups without a network: threads of one process, and a member that is alone.

#include <memory>
#include <vector>

#include "physics/communicator.hpp"

namespace noesis {

/// Mailboxes of the members of a group in one process, which outlive its communicators.
class LocalGroup {
 public:
  explicit LocalGroup(int size);
  ~LocalGroup();
  int size() const noexcept;
  /// One for each rank, each for a thread of its own.
  std::unique_ptr<Communicator> communicator(int rank);
  /// Lets everybody who waits, and everybody who will, throw RunError, until reset().
  void abort();
  /// As new: nothing is on its way.
  void reset();

  class Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

/// A member whose peers are not there: what it would receive stays as it is, what it gives is the
/// worst. Takes the time of a worker's own work, for tests and predictions.
std::unique_ptr<Communicator> make_dry_run_communicator(int rank, int size);

/// Copies the values of a piece into one place.
void pack(const SentPiece& piece, std::byte* to);

/// Norms are compared by size, then by neuron, so that every member comes to the same.
const WorstError& worse_of(const WorstError& a, const WorstError& b) noexcept;

}  // namespace noesis

#pragma once
/// A batch of brains whose rows are at workers: the master's side. It has the whole connectome and
/// the batch's state when somebody asks for it, as with a device; whatever works with a Simulation
/// works with a split one.

#include <functional>
#include <memory>
#include <string>

#include "distributed/crew.hpp"
#include "distributed/partition.hpp"
#include "distributed/split_plan.hpp"
#include "physics/backend.hpp"
#include "physics/communicator.hpp"

namespace noesis {

/// What a split run does, for people and benchmarks.
struct SplitReport {
  int num_workers = 0;
  std::int64_t num_synapses = 0;
  double callosal_fraction = 0;
  std::int64_t bytes_an_exchange = 0;  ///< of all workers together
  int exchanges_a_step = 0;
  int stages_a_step = 0;               ///< of which each sums all synapses; with delays one
  std::vector<std::int64_t> synapses;  ///< (num_workers)
  std::vector<std::int64_t> interior;  ///< (num_workers) own rows that read nothing remote
  std::vector<std::int64_t> own;       ///< (num_workers)
  std::vector<std::int64_t> bytes_sent, bytes_received;  ///< (num_workers) in an exchange
  std::int64_t num_structures = 0;                       ///< times that the rows were dealt out
  std::int64_t num_digests = 0;                          ///< of workers' rows that were compared
  std::int64_t num_spawns = 0, num_sleeps = 0;
  double busy_s = 0;  ///< of the worker that takes longest, in steps
  double wait_s = 0;  ///< of the worker with most work, in which it waited: what exchanges cost
  std::int64_t num_steps = 0;
  ExchangeStatistics exchanges;  ///< of all workers together
};

/// Exchanges that an integrator makes in a step: one a stage, with delays one.
int exchanges_a_step(const std::string& integrator, bool has_delays, bool has_gaps);

struct SplitOptions {
  PartitionSpec partition;
  /// Told the plan before the run and whenever the rows are dealt out anew.
  std::function<void(const SplitReport&)> on_plan = {};
};

/// The backend, which a Simulation owns; the request's references outlive it.
template <Real T>
class SplitBackend : public Backend<T> {
 public:
  virtual SplitReport report() const = 0;
};

/// @throws ConfigError for a batch of several connectomes, an unknown integrator, or more workers
/// than the partition has rows for.
template <Real T>
std::unique_ptr<SplitBackend<T>> make_split_backend(std::shared_ptr<Crew> crew,
                                                    const BackendRequest<T>& request,
                                                    SplitOptions options = {});

}  // namespace noesis

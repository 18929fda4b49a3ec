#pragma once
/// How a run is split over workers; what depends on the options of the build is in
/// distributed_factory.cpp alone.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "physics/communicator.hpp"
#include "physics/simulation.hpp"

namespace noesis {

/// Of `noesis hemisphere master` and `noesis large-scale --mpi`.
struct SplitSettings {
  std::string transport = "zmq";  ///< zmq, mpi, local (threads of this process) or dry
  std::string bind = "tcp://127.0.0.1:5560";
  int workers = 0;                             ///< that join by themselves; of local: all
  int local_workers = 0;                       ///< that the master starts
  int threads_each = 1;                        ///< of a worker that it starts
  std::string worker_backend = "cpu";          ///< of a worker that it starts: cpu, cuda or hip
  std::string peer_host = {}, peer_port = {};  ///< of a worker that it starts, as in WorkerSettings
  bool respawn = false;
  bool insecure = false;
  bool quiet = false;
  std::filesystem::path curve = {};  ///< keys of the master, as of `noesis serve`
  std::string partition = "blocks";
  std::filesystem::path partition_file = {};
  double snapshot_interval_s = 10;
  double join_patience_s = 60;
  std::string monitor = {};  ///< file of a LoadMonitorSpec, "default", or empty: none
};

/// What a run learns of its split: filled by the backend, asked at the end.
struct SplitWatch {
  std::function<nlohmann::ordered_json()> report = {};
  /// What a step of it takes on such machines [s], for as long as one likes.
  std::function<std::function<double(const CostModel&)>()> predictor = {};
  /// Why the workers were given up: this process goes on with their work then, to where the run can
  /// be saved. Empty where they were not.
  std::function<std::string()> given_up = {};
};

/// A backend whose rows are at workers. `digests` are what master and workers must agree on.
/// @throws ConfigError for a transport that this build does not have. What it returns throws as
/// make_zmq_crew() and make_split_backend() do.
struct SplitDigests {
  std::string config, connectome;
};
template <Real T>
BackendFactory<T> split_backend_factory(const SplitSettings& settings, SplitDigests digests,
                                        std::shared_ptr<SplitWatch> watch);

/// Over so many processes of this machine, of which each batch of brains gets its own.
template <Real T>
BackendFactory<T> local_workers_factory(int num_workers);

/// What takes the steps of an environment's brains: `backend`, as backend_factory() has it, or with
/// `local_workers` so many processes of this machine, of which each batch of brains gets its own.
/// What an agent sees does not depend on it. @throws ConfigError for both at once, and as these do.
BackendFactories env_backend_factory(const std::string& backend, int local_workers);

/// Mean time of an exchange of so many floats each way [s], for benchmarks, and the bytes that one
/// member copied in it.
double exchange_seconds(bool over_tcp, int members, std::int64_t values, int repeats,
                        double& bytes_copied);

/// Of `noesis hemisphere worker`.
struct WorkerSettings {
  std::string connect;
  std::filesystem::path curve = {};  ///< keys of a client, as of `noesis serve`
  std::string peer_host = {};        ///< address for other workers; empty: of the way to the master
  std::string peer_port = {};        ///< for them, "5570" or "5570-5579"; empty: any
  int threads = 0;
  std::string backend = "cpu";  ///< what computes its rows: cpu, cuda or hip
  std::string config_digest = {}, connectome_digest = {};
  double patience_s = 60;
  std::string token = {};
};
/// Works until the master says stop. @throws ConfigError without ZeroMQ in this build, and as
/// run_zmq_worker() does.
void run_worker(const WorkerSettings& settings);

/// With MPI: whether this process is a worker, and then its work, until the master says stop. False
/// in rank 0, the master. To be called first of all. @throws ConfigError without MPI in this build.
bool run_mpi_worker(int threads);

}  // namespace noesis

// The part of the composition root that knows of distributed/: which transports this build has.

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "core/config.hpp"
#include "core/error.hpp"
#include "core/names.hpp"
#include "distributed/crew.hpp"
#include "distributed/prediction.hpp"
#include "distributed/recovering_crew.hpp"
#include "distributed/split_backend.hpp"
#include "runners/factory.hpp"
#include "runners/split_settings.hpp"
#ifdef NOESIS_HAVE_HEMISPHERES
#include "distributed/port_range.hpp"
#include "distributed/zmq_crew.hpp"
#include "distributed/zmq_worker.hpp"
#include "server/keys.hpp"
#endif
#ifdef NOESIS_HAVE_MPI
#include "distributed/mpi_crew.hpp"
#endif

namespace noesis {
namespace {

[[noreturn]] [[maybe_unused]] void refuse_transport(const std::string& name, const char* option) {
  throw ConfigError(
      {.what = "this build of noesis has no such transport",
       .where = "transport",
       .got = "\"" + name + "\"",
       .allowed = {},
       .next = std::string("build with -D") + option + "=ON (docs/guides/distributed.md)"});
}

void print_plan(const SplitReport& plan) {
  std::fprintf(stderr,
               "split over %d workers: %.3g%% of %lld synapses cross, %.3g MB an exchange, %d "
               "exchanges a step (%.3g MB); predicted speed-up over one thread: %.2f\n",
               plan.num_workers, 100 * plan.callosal_fraction,
               static_cast<long long>(plan.num_synapses),
               static_cast<double>(plan.bytes_an_exchange) / 1e6, plan.exchanges_a_step,
               static_cast<double>(plan.bytes_an_exchange * plan.exchanges_a_step) / 1e6,
               predict_speed_up(plan, {}));
  for (std::size_t w = 0; w < plan.own.size(); ++w) {
    std::fprintf(
        stderr, "  worker %zu: %lld neurons, %lld of them without remote input, %lld synapses\n",
        w + 1, static_cast<long long>(plan.own[w]), static_cast<long long>(plan.interior[w]),
        static_cast<long long>(plan.synapses[w]));
  }
}

nlohmann::ordered_json json_of(const SplitReport& report, const RecoveryReport* recovery) {
  nlohmann::ordered_json json = {
      {"workers", report.num_workers},
      {"callosal_fraction", report.callosal_fraction},
      {"bytes_an_exchange", report.bytes_an_exchange},
      {"exchanges_a_step", report.exchanges_a_step},
      {"bytes_a_step", report.bytes_an_exchange * report.exchanges_a_step},
      {"predicted_speed_up", predict_speed_up(report, {})},
      {"neurons", report.own},
      {"interior_neurons", report.interior},
      {"synapses", report.synapses},
      {"bytes_sent_an_exchange", report.bytes_sent},
      {"bytes_received_an_exchange", report.bytes_received},
      {"stages_a_step", report.stages_a_step},
      {"spawns", report.num_spawns},
      {"sleeps", report.num_sleeps},
      {"digests_compared", report.num_digests},
      {"steps", report.num_steps},
      {"busy_s", report.busy_s},
      {"wait_s", report.wait_s},
      {"bytes_sent", report.exchanges.bytes_sent},
      {"bytes_copied", report.exchanges.bytes_copied}};
  if (recovery != nullptr) {
    json["recoveries"] = recovery->num_recoveries;
    json["snapshots"] = recovery->num_snapshots;
    json["replayed_commands"] = recovery->num_replayed;
    json["snapshot_s"] = recovery->snapshot_s;
    json["recovery_s"] = recovery->recovery_s;
  }
  return json;
}

#ifdef NOESIS_HAVE_HEMISPHERES
constexpr const char* kKeysVariable = "NOESIS_WORKER_KEYS";

/// The program that has the command of a worker: this one, or the one beside noesis-agent.
std::string worker_program() {
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  return own.filename() == "noesis-agent" ? own.parent_path() / "noesis" : own;
}

/// Workers that are started here come by loopback, which is no address for others to reach them at.
void require_peer_host(const SplitSettings& settings) {
  const bool every_interface = settings.bind.find("://0.0.0.0:") != std::string::npos ||
                               settings.bind.find("://*:") != std::string::npos ||
                               settings.bind.find("://[::]:") != std::string::npos;
  if (settings.workers == 0 || settings.local_workers == 0 || !every_interface ||
      !settings.peer_host.empty()) {
    return;
  }
  throw ConfigError({.what = "workers elsewhere could not reach those that are started here",
                     .where = "--peer-host",
                     .got = "nothing, with --bind " + settings.bind,
                     .allowed = "a name or address of this machine that the others can reach",
                     .next = "give it, or bind to that address"});
}

std::unique_ptr<Crew> make_hemispheres(const SplitSettings& settings, const SplitDigests& digests,
                                       std::uint64_t most_bytes) {
  ZmqCrewOptions options;
  options.bind = settings.bind;
  options.num_workers = settings.workers + settings.local_workers;
  options.num_started = settings.local_workers;
  options.respawn = settings.respawn;
  options.insecure = settings.insecure;
  options.is_quiet = settings.quiet;
  options.config_digest = digests.config;
  options.connectome_digest = digests.connectome;
  options.most_bytes = most_bytes;
  options.join_patience =
      std::chrono::milliseconds(static_cast<std::int64_t>(1000 * settings.join_patience_s));
  std::string own_keys;
  if (!settings.curve.empty()) {
    const ServerKeys keys = read_server_keys(settings.curve);
    options.keys = {keys.public_key, keys.secret_key, keys.clients};
    const auto [public_key, secret_key] = make_worker_keys();  // of workers started here
    options.keys->workers.push_back(public_key);
    own_keys = keys.public_key + public_key + secret_key;
  }
  require_peer_host(settings);
  parse_ports(settings.peer_port, "--peer-port");  // before any of them is started
  options.worker_command = [settings, own_keys](const std::string& endpoint,
                                                const std::string& token) {
    ChildCommand command{{worker_program(), "hemisphere", "worker", "--connect", endpoint,
                          "--threads", std::to_string(settings.threads_each), "--backend",
                          settings.worker_backend, "--token", token}};
    const auto add = [&](const char* option, const std::string& value) {
      if (!value.empty()) command.words.insert(command.words.end(), {option, value});
    };
    add("--peer-host", settings.peer_host);
    add("--peer-port", settings.peer_port);
    if (!own_keys.empty()) command.environment.emplace_back(kKeysVariable, own_keys);
    return command;
  };
  return make_zmq_crew(std::move(options));
}
#endif

/// Bytes that a message of this run may have: the largest brings a worker all that it holds.
template <Real T>
std::uint64_t most_message_bytes(const BackendRequest<T>& request) {
  std::uint64_t bytes = std::uint64_t{1} << 26;
  for (const ConnectomePtr& connectome : request.connectomes) {
    bytes += static_cast<std::uint64_t>(3 * connectome->memory_bytes());
  }
  const std::uint64_t planes = 8 + 4 * static_cast<std::uint64_t>(request.shape.num_components);
  return bytes +
         2 * planes * sizeof(T) *
             static_cast<std::uint64_t>(request.shape.num_tiles() * request.shape.plane_size());
}

/// N of "workers:N"; 0 where a name is another.
int workers_of(const std::string& name) {
  constexpr std::string_view kPrefix = "workers:";
  if (!name.starts_with(kPrefix)) return 0;
  int workers = 0;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + kPrefix.size(), end, workers);
  return error == std::errc() && rest == end && workers <= 4096 ? workers : 0;
}

/// Before any of them is started.
void require_rows_for_all(const SplitSettings& settings, std::int64_t num_neurons) {
  const std::int64_t workers = settings.workers + settings.local_workers;
  if (workers <= num_neurons) return;
  throw ConfigError({.what = "more workers than neurons",
                     .where = "--workers, --local-workers",
                     .got = std::to_string(workers),
                     .allowed = "at most " + std::to_string(num_neurons),
                     .next = {}});
}

}  // namespace

template <Real T>
BackendFactory<T> split_backend_factory(const SplitSettings& settings, SplitDigests digests,
                                        std::shared_ptr<SplitWatch> watch) {
  return [=](const BackendRequest<T>& request) -> std::unique_ptr<Backend<T>> {
    require_rows_for_all(settings, request.shape.num_neurons);
    std::shared_ptr<Crew> crew;
    [[maybe_unused]] RecoveringCrew* recovering = nullptr;
    if (settings.transport == "dry") {
      crew = make_dry_run_crew(settings.workers, settings.threads_each);
    } else if (settings.transport == "local") {
      crew = make_local_crew(settings.workers, settings.threads_each);
    } else if (settings.transport == "mpi") {
#ifdef NOESIS_HAVE_MPI
      crew = make_mpi_crew(settings.threads_each);
#else
      refuse_transport("mpi", "NOESIS_WITH_MPI");
#endif
    } else {
#ifdef NOESIS_HAVE_HEMISPHERES
      RecoveryOptions recovery;
      recovery.snapshot_interval =
          std::chrono::milliseconds(static_cast<std::int64_t>(1000 * settings.snapshot_interval_s));
      if (!settings.quiet) {
        recovery.on_recovery = [](const std::string& text) {
          std::fprintf(stderr, "noesis: the crew is whole again: %s\n", text.c_str());
        };
      }
      if (watch) {
        recovery.last_resort = [](int size) {
          std::fprintf(stderr,
                       "noesis: the workers are given up; this process brings the run to the next "
                       "sample, to save it\n");
          return make_local_crew(size);
        };
      }
      auto outer = make_recovering_crew(
          make_hemispheres(settings, digests, most_message_bytes(request)), recovery);
      recovering = outer.get();
      crew = std::move(outer);
#else
      refuse_transport("zmq", "NOESIS_WITH_ZMQ");
#endif
    }
    SplitOptions options;
    options.partition = {settings.partition, settings.partition_file.string()};
    if (!settings.quiet) {
      options.on_plan = [shown = false](const SplitReport& plan) mutable {
        if (!shown) print_plan(plan);
        shown = true;
      };
    }
    auto backend = make_split_backend<T>(crew, request, options);
    if (watch) {
      watch->predictor = [raw = backend.get()] {
        return
            [plan = raw->report()](const CostModel& model) { return predict_step_s(plan, model); };
      };
      if (recovering != nullptr) watch->given_up = [recovering] { return recovering->given_up(); };
      watch->report = [raw = backend.get(), recovering] {
        if (recovering == nullptr) return json_of(raw->report(), nullptr);
        const RecoveryReport recovery = recovering->report();
        return json_of(raw->report(), &recovery);
      };
    }
    return backend;
  };
}

template BackendFactory<float> split_backend_factory(const SplitSettings&, SplitDigests,
                                                     std::shared_ptr<SplitWatch>);
template BackendFactory<double> split_backend_factory(const SplitSettings&, SplitDigests,
                                                      std::shared_ptr<SplitWatch>);

template <Real T>
BackendFactory<T> backend_factory(const std::string& name) {
  const int workers = workers_of(name);
  return workers > 0 ? local_workers_factory<T>(workers) : device_backend_factory<T>(name);
}
template BackendFactory<float> backend_factory<float>(const std::string&);
template BackendFactory<double> backend_factory<double>(const std::string&);

template <Real T>
BackendFactory<T> local_workers_factory(int num_workers) {
  SplitSettings settings;
  settings.bind = "tcp://127.0.0.1:*";
  settings.local_workers = num_workers;
  settings.respawn = settings.quiet = true;
  return split_backend_factory<T>(settings, {}, nullptr);
}
template BackendFactory<float> local_workers_factory<float>(int);
template BackendFactory<double> local_workers_factory<double>(int);

BackendFactories env_backend_factory(const std::string& backend, int local_workers) {
  if (local_workers == 0) {
    return {.of_double = backend_factory<double>(backend),
            .of_float = backend_factory<float>(backend)};
  }
  if (backend != "cpu") {
    throw ConfigError({.what = "workers and a backend are not to be had at once",
                       .where = "--local-workers",
                       .got = "--backend " + backend,
                       .allowed = "--backend cpu",
                       .next = {}});
  }
  return {.of_double = local_workers_factory<double>(local_workers),
          .of_float = local_workers_factory<float>(local_workers)};
}

double exchange_seconds(bool over_tcp, int members, std::int64_t values, int repeats,
                        double& bytes_copied) {
  const ExchangeTiming timing = time_exchange(over_tcp, members, values, repeats);
  bytes_copied = timing.bytes_copied;
  return timing.seconds;
}

void run_worker([[maybe_unused]] const WorkerSettings& settings) {
#ifdef NOESIS_HAVE_HEMISPHERES
  WorkerOptions options;
  options.connect = settings.connect;
  options.peer_host = settings.peer_host;
  options.peer_port = settings.peer_port;
  options.devices = row_devices(settings.backend);
  options.threads = settings.threads;
  options.config_digest = settings.config_digest;
  options.connectome_digest = settings.connectome_digest;
  options.patience =
      std::chrono::milliseconds(static_cast<std::int64_t>(1000 * settings.patience_s));
  options.token = settings.token;
  options.is_quiet = !settings.token.empty();
  if (!settings.curve.empty()) {
    const ClientKeys keys = read_client_keys(settings.curve);
    options.keys = {keys.server_key, keys.public_key, keys.secret_key};
  } else if (const char* const text = std::getenv(kKeysVariable)) {
    const std::string keys = text;
    if (keys.size() == 120) {
      options.keys = {keys.substr(0, 40), keys.substr(40, 40), keys.substr(80, 40)};
    }
    ::unsetenv(kKeysVariable);
  }
  run_zmq_worker(options);
#else
  refuse_transport("zmq", "NOESIS_WITH_ZMQ");
#endif
}

bool run_mpi_worker([[maybe_unused]] int threads) {
#ifdef NOESIS_HAVE_MPI
  return work_for_mpi_master(threads);
#else
  refuse_transport("mpi", "NOESIS_WITH_MPI");
#endif
}

}  // namespace noesis

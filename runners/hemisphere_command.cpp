#include "runners/hemisphere_command.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "core/error.hpp"
#include "runners/simulate.hpp"
#include "runners/split_settings.hpp"

namespace noesis {
namespace {

void add_master(CLI::App& parent, int& exit_code) {
  struct Options {
    SimulateOptions simulate;
    SplitSettings split;
  };
  auto options = std::make_shared<Options>();
  SplitSettings& split = options->split;
  auto* command =
      parent.add_subcommand("master", "Runs a configuration on workers, as `simulate` does");
  command->add_option("config", options->simulate.config, "Configuration (TOML), as of `simulate`")
      ->required();
  command->add_option("--bind", split.bind, "Where workers join")->capture_default_str();
  command->add_option("--workers", split.workers, "Workers that join by themselves")
      ->check(CLI::Range(0, 4096));
  command->add_option("--local-workers", split.local_workers, "Workers to start on this machine")
      ->check(CLI::Range(0, 4096));
  command
      ->add_option("--threads-each", split.threads_each,
                   "Threads of a worker that it starts; 0: all")
      ->capture_default_str()
      ->check(CLI::Range(0, 4096));
  command
      ->add_option("--worker-backend", split.worker_backend,
                   "What computes the rows of a worker that it starts: cpu, cuda or hip")
      ->capture_default_str();
  command->add_option("--peer-host", split.peer_host,
                      "Address at which other workers reach one that it starts");
  command->add_option("--peer-port", split.peer_port,
                      "Ports FIRST-LAST for other workers, of which each that it starts takes one");
  command->add_flag(
      "--respawn", split.respawn,
      "Start another in the place of a worker that is lost; else wait for one to join");
  command
      ->add_option("--partition", split.partition, "How rows are dealt out: blocks, regions, file")
      ->check(CLI::IsMember({"blocks", "regions", "file"}));
  command->add_option("--partition-file", split.partition_file,
                      "Worker of each neuron, a number a line (--partition file)");
  command
      ->add_option("--snapshot-interval", split.snapshot_interval_s,
                   "Wall time between snapshots that a lost worker is replaced from [s]")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--join-patience", split.join_patience_s, "Time to wait for workers [s]")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--monitor", split.monitor,
                      "Let the load decide on births and sleep, by the thresholds in FILE or "
                      "`default`; decisions go to OUT.decisions.jsonl");
  command->add_option("--curve", split.curve, "Keys of the master (`noesis serve --make-keys`)");
  command->add_flag("--insecure", split.insecure, "Bind to a public address without keys");
  command->add_option("--out", options->simulate.out,
                      "Recording: FILE.h5, .npz or .csv (default: a new folder in runs/)");
  command->add_option("--set", options->simulate.overrides, "Override a key: a.b=value")
      ->allow_extra_args(false);
  command->add_option("--connectome-out", options->simulate.connectome_out,
                      "Write the connectome that came of it");
  command->add_flag("--resume", options->simulate.resume,
                    "Go on with the interrupted run of the same --out");
  add_overwrite_option(*command, options->simulate);
  command->add_flag("--json", options->simulate.json, "Print summary.json to stdout");
  command->footer(
      "Examples:\n"
      "  noesis hemisphere master configs/rate.toml --local-workers 2 --respawn --out run.h5\n"
      "  noesis hemisphere master big.toml --workers 2 --bind tcp://0.0.0.0:5560 --curve "
      "keys.toml\n"
      "The result has the bits of `noesis simulate` with the same configuration.");
  command->callback([options, &exit_code] {
    SplitSettings& settings = options->split;
    if (settings.workers + settings.local_workers < 1) {
      throw ConfigError({.what = "no workers",
                         .where = "hemisphere master",
                         .got = {},
                         .allowed = {},
                         .next = "say how many join (--workers N) or are to be started here "
                                 "(--local-workers N)"});
    }
    options->simulate.split = settings;
    exit_code = simulate(options->simulate, {}, "hemisphere");
  });
}

void add_worker(CLI::App& parent) {
  auto settings = std::make_shared<WorkerSettings>();
  auto* command = parent.add_subcommand("worker", "Works for a master until it says stop");
  command->add_option("--connect", settings->connect, "The master: tcp://HOST:PORT")->required();
  command->add_option("--threads", settings->threads, "Threads; 0: all (no result depends on it)")
      ->check(CLI::Range(0, 4096));
  command
      ->add_option("--backend", settings->backend,
                   "What computes the worker's rows: cpu, cuda or hip; the others may differ")
      ->capture_default_str();
  command->add_option("--curve", settings->curve, "Keys of a worker (FILE.client of the master's)");
  command->add_option("--peer-host", settings->peer_host,
                      "Address for other workers (default: of the way to the master)");
  command->add_option("--peer-port", settings->peer_port,
                      "Port for other workers, or a range FIRST-LAST of which a free one is taken "
                      "(default: any)");
  command->add_option("--expect-config", settings->config_digest,
                      "Refuse a master with another configuration (its digest)");
  command->add_option("--expect-connectome", settings->connectome_digest,
                      "Refuse a master with another connectome (its digest)");
  command
      ->add_option("--patience", settings->patience_s,
                   "Time in which the master must answer, at first and whenever the link to it was "
                   "lost [s]")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--token", settings->token, "Of a worker that its master starts")->group("");
  command->footer(
      "Examples:\n"
      "  noesis hemisphere worker --connect tcp://master.lan:5560 --curve keys.client.toml\n"
      "  noesis hemisphere worker --connect tcp://master.lan:5560 --curve keys.client.toml "
      "--peer-port 5570-5579\n"
      "A firewall lets in, at the master, the port of --bind; at each worker, --peer-port from the "
      "others.\n"
      "A worker whose link to the master was lost joins again by itself.");
  command->callback([settings] { run_worker(*settings); });
}

}  // namespace

void add_hemisphere_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("hemisphere", "A brain that is split over workers");
  command->footer(
      "Examples:\n"
      "  noesis hemisphere master configs/rate.toml --local-workers 2 --out run.h5\n"
      "  noesis hemisphere worker --connect tcp://master.lan:5560 --curve keys.client.toml");
  command->require_subcommand(1);
  add_master(*command, exit_code);
  add_worker(*command);
}

}  // namespace noesis

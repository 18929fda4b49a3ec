#include "runners/large_scale.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "runners/config_keys.hpp"
#include "runners/memory_report.hpp"
#include "runners/simulate.hpp"

namespace noesis {

SimulateConfig large_scale_config(std::int64_t num_neurons, std::int64_t synapses_per_neuron) {
  SimulateConfig config;
  config.precision = "float";
  config.connectome.source = "random";
  config.connectome.random.num_neurons = num_neurons;
  config.connectome.random.in_degree = synapses_per_neuron;
  BrainSpec& brain = config.brain;
  brain.model.name = "rate";
  brain.model.rate.activation = "logistic";
  brain.drive = {.mean = -2.2, .sd = 0.5, .seed = 1};  // a rate of about 0.1 at rest
  brain.noise.sigma = 0.1;
  brain.integrator = {.name = "heun", .dt_ms = 1};
  brain.plasticity.rules = {"homeostasis", "oja"};
  config.record.sample_neurons = 256;
  return config;
}

void add_large_scale_command(CLI::App& app, int& exit_code) {
  struct Options {
    SimulateOptions simulate;
    std::int64_t num_neurons = 200'000;
    std::int64_t synapses_per_neuron = 100;
    bool plan = false;
    bool keys = false;
    bool mpi = false;
    SplitSettings split{.transport = "mpi"};
    double device_memory_gib = 0;
  };
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("large-scale", "A large brain with Oja's rule and homeostasis");
  command->add_option("config", options->simulate.config,
                      "Configuration (TOML) over the defaults, with the keys of `simulate`");
  command->add_option("--neurons", options->num_neurons, "Neurons")->capture_default_str();
  command
      ->add_option("--synapses-per-neuron", options->synapses_per_neuron, "Inputs of each neuron")
      ->capture_default_str();
  command->add_option("--out", options->simulate.out,
                      "Recording: FILE.h5, .npz or .csv (default: a new folder in runs/)");
  add_backend_option(*command, options->simulate);
  command->add_option("--set", options->simulate.overrides, "Override a key: a.b=value")
      ->allow_extra_args(false);
  command->add_option("--connectome-out", options->simulate.connectome_out,
                      "Write the connectome that came of it: .npz, .mtx, .csv, .tsv");
  command->add_flag("--resume", options->simulate.resume,
                    "Go on with the interrupted run of the same --out");
  add_overwrite_option(*command, options->simulate);
  command->add_flag("--plan", options->plan,
                    "Only tell what the run needs of a device's memory, and whether it fits");
  command->add_option("--device-memory-gib", options->device_memory_gib,
                      "Memory to plan for; 0: that of the device here, or 16");
  command->add_flag("--json", options->simulate.json, "Print summary.json to stdout");
  command->add_flag("--keys", options->keys,
                    "List the configuration's keys and stop; with --json as JSON");
  command->add_flag("--mpi", options->mpi, "Split the brain over the ranks of mpirun");
  command
      ->add_option("--local-workers", options->split.local_workers,
                   "Split the brain over so many workers, started here (over ZeroMQ)")
      ->check(CLI::Range(0, 4096))
      ->excludes("--mpi");
  command
      ->add_option("--threads-each", options->split.threads_each,
                   "Threads of a rank or worker; 0: all")
      ->capture_default_str()
      ->check(CLI::Range(0, 4096));
  command->add_option("--partition", options->split.partition, "How rows are dealt out")
      ->check(CLI::IsMember({"blocks", "regions"}));
  command->footer(
      "Examples:\n"
      "  noesis large-scale --out large.h5\n"
      "  noesis large-scale --neurons 1000000 --set duration_ms=100\n"
      "  mpirun -n 4 noesis large-scale --mpi --out large.h5\n"
      "  noesis large-scale --neurons 300000 --synapses-per-neuron 2000 --plan\n"
      "  noesis large-scale --out large.h5 --set plasticity.oja.learning_rate=1e-3 --resume\n"
      "Ctrl-C saves everything, as does every checkpoint_interval_s; --resume goes on from there.");
  command->callback([options, &exit_code] {
    if (options->keys) {
      print_keys(options->simulate.config, options->simulate.overrides, options->simulate.json,
                 large_scale_config(options->num_neurons, options->synapses_per_neuron));
      return;
    }
    if (options->mpi && run_mpi_worker(options->split.threads_each)) return;
    if (options->mpi || options->split.local_workers > 0) {
      if (!options->mpi) {
        options->split.transport = "zmq";
        options->split.bind = "tcp://127.0.0.1:*";
        options->split.respawn = true;
      }
      options->simulate.split = options->split;
    }
    const SimulateConfig defaults =
        large_scale_config(options->num_neurons, options->synapses_per_neuron);
    if (options->plan) {
      const SimulateConfig config = read_simulate_config(options->simulate, defaults);
      std::fputs(memory_report(config, options->device_memory_gib).c_str(), stdout);
      return;
    }
    exit_code = simulate(options->simulate, defaults, "large-scale");
  });
}

}  // namespace noesis

// The command `noesis`: parses the command line, runs one subcommand, turns errors into one line
// and an exit code (0 done, 1 run failed, 2 usage or configuration, 130 interrupted).

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "core/error.hpp"
#include "core/names.hpp"
#include "core/version.hpp"
#include "physics/simulate_config.hpp"
#include "runners/agent_program.hpp"
#include "runners/bench/command.hpp"
#include "runners/config_keys.hpp"
#include "runners/connectome_command.hpp"
#include "runners/experiments/command.hpp"
#include "runners/hemisphere_command.hpp"
#include "runners/large_scale.hpp"
#include "runners/program.hpp"
#include "runners/report.hpp"
#include "runners/serve_command.hpp"
#include "runners/simulate.hpp"

namespace {

using namespace noesis;

void print_version() {
  std::printf("noesis %s (kernels: %s)\n", std::string(version()).c_str(),
              name_of(best_instruction_set()));
}

/// CLI11 only says that a command is required; this says which was meant.
void check_command(const CLI::App& app, const std::string& name) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  throw ConfigError({.what = "unknown command",
                     .where = {},
                     .got = name,
                     .allowed = join_names(names),
                     .next = suggest_name(name, names)});
}

int run(int argc, char** argv) {
  CLI::App app{"noesis: the gym for brains. Simulates, controls and measures connectomes.",
               "noesis"};
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  noesis simulate configs/celegans.toml --out run.h5\n"
      "  noesis connectome info celegans\n"
      "  noesis bench spmm\n"
      "`noesis COMMAND --help` tells more of each.");
  int exit_code = 0;

  SimulateOptions simulate_options;
  bool list_keys = false;
  auto* simulate_command = app.add_subcommand("simulate", "Integrate one model, without an agent");
  simulate_command->add_option("config", simulate_options.config, "Configuration (TOML)");
  simulate_command->add_option("--out", simulate_options.out,
                               "Recording: FILE.h5, .npz or .csv (default: a new folder in runs/)");
  add_backend_option(*simulate_command, simulate_options);
  simulate_command->add_option("--set", simulate_options.overrides, "Override a key: a.b=value")
      ->allow_extra_args(false);
  simulate_command->add_flag("--resume", simulate_options.resume,
                             "Go on with the interrupted run of the same --out");
  add_overwrite_option(*simulate_command, simulate_options);
  simulate_command->add_option("--connectome-out", simulate_options.connectome_out,
                               "Write what plasticity made of the connectome to a file");
  simulate_command->add_flag("--json", simulate_options.json, "Print summary.json to stdout");
  simulate_command->add_flag("--keys", list_keys,
                             "List the configuration's keys and stop; with --json as JSON");
  simulate_command->footer(
      "Examples:\n"
      "  noesis simulate configs/celegans.toml --out run.h5\n"
      "  noesis simulate configs/wilson-cowan.toml --out run.csv --set duration_ms=200\n"
      "  noesis simulate configs/rate.toml --out run.npz --set model.coupling=2 --json\n"
      "  noesis report run.h5                     # a page of it: run.report.html\n"
      "Ctrl-C saves state and samples; --resume goes on from there.");
  simulate_command->callback([&] {
    if (list_keys) {
      print_keys<SimulateConfig>(simulate_options.config, simulate_options.overrides,
                                 simulate_options.json);
      return;
    }
    if (simulate_options.config.empty()) throw CLI::RequiredError("config");
    exit_code = simulate(simulate_options);
  });

  add_experiment_commands(app, exit_code);
  add_large_scale_command(app, exit_code);
  add_hemisphere_command(app, exit_code);
  add_connectome_command(app);
  add_bench_command(app);
  add_agent_commands(app);
  add_report_command(app);
  add_serve_command(app, exit_code);
  auto* version_command = app.add_subcommand("version", "Print the version");
  version_command->footer("Example:\n  noesis version");
  version_command->callback(print_version);
  auto* help_command = app.add_subcommand("help", "Print this help");
  help_command->footer("Example:\n  noesis help");
  help_command->callback([&] { std::fputs(app.help().c_str(), stdout); });

  run_agent_program(argc, argv);
  if (argc > 1 && argv[1][0] != '-') check_command(app, argv[1]);
  return run_command(app, exit_code, argc, argv);
}

}  // namespace

int main(int argc, char** argv) { return exit_code_of(run, argc, argv); }

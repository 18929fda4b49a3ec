#include "runners/loop_command.hpp"

#include <memory>

#include "runners/loop/loop.hpp"

namespace noesis {

void add_loop_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<LoopOptions>();
  auto* command = app.add_subcommand(
      "loop", "The main job: causal discovery, emulation, and verdicts with their controls");
  command->add_option("config", options->config, "Configuration (TOML); default: all of it");
  command->add_flag("--quick", options->quick, "Less of everything, in half a minute");
  command->add_option("--out", options->out, "Folder of the run (default: a new one in runs/)");
  command->add_option("--seed", options->seed, "Seed of everything");
  command->add_option("--resume", options->resume, "Go on with the interrupted run of this folder");
  command->add_option("--set", options->overrides, "Override a key: a.b=value")
      ->allow_extra_args(false);
  command->add_flag("--json", options->json, "Print summary.json to stdout");
  command->footer(
      "Examples:\n"
      "  noesis loop --quick\n"
      "  noesis loop --seed 7 --out runs/seven\n"
      "  noesis loop --quick --set controls='[\"celegans\"]'\n"
      "  noesis loop runs/seven/config.toml --out runs/again\n"
      "  noesis loop --resume runs/seven\n"
      "Ctrl-C keeps every finished part. Exit code 1: a control did not come out as it must.");
  command->callback([options, &exit_code] { exit_code = run_loop(*options); });
}

}  // namespace noesis

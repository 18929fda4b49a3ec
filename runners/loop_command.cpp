#include "runners/loop_command.hpp"

#include <memory>

#include "runners/config_keys.hpp"
#include "runners/loop/loop.hpp"
#include "runners/loop/loop_config.hpp"

namespace noesis {

void add_loop_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<RunOptions>();
  const auto list_keys = std::make_shared<bool>(false);
  auto* command = app.add_subcommand(
      "loop", "The main job: causal discovery, emulation, and verdicts with their controls");
  add_run_options(*command, *options);
  command->add_flag("--keys", *list_keys,
                    "List the configuration's keys and stop; with --json as JSON");
  command->footer(
      "Examples:\n"
      "  noesis loop --quick\n"
      "  noesis loop --seed 7 --out runs/seven\n"
      "  noesis loop --quick --set controls='[\"celegans\"]'\n"
      "  noesis loop runs/seven/config.toml --out runs/again\n"
      "  noesis loop --resume runs/seven\n"
      "Ctrl-C keeps every finished part. Exit code 1: a control did not come out as it must.");
  command->callback([options, list_keys, &exit_code] {
    if (*list_keys) {
      print_keys(options->config, options->overrides, options->json,
                 default_loop_config(options->quick));
      return;
    }
    exit_code = run_loop(*options);
  });
}

}  // namespace noesis

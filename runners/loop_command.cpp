#include "runners/loop_command.hpp"

#include <memory>

#include "runners/loop/loop.hpp"

namespace noesis {

void add_loop_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<RunOptions>();
  auto* command = app.add_subcommand(
      "loop", "The main job: causal discovery, emulation, and verdicts with their controls");
  add_run_options(*command, *options);
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

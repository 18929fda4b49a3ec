// The program `noesis-agent`: the subcommands of `noesis` that need LibTorch, which would make
// every start of `noesis` slow. `noesis` finds it beside itself and becomes it.

#include <CLI/CLI.hpp>

#include "runners/fit_command.hpp"
#include "runners/loop_command.hpp"
#include "runners/program.hpp"
#include "runners/train_command.hpp"

namespace {

int run(int argc, char** argv) {
  CLI::App app{"noesis: the gym for brains. The commands that train agents.", "noesis"};
  app.require_subcommand(1);
  int exit_code = 0;
  noesis::add_loop_command(app, exit_code);
  noesis::add_train_commands(app, exit_code);
  noesis::add_fit_command(app, exit_code);
  return noesis::run_command(app, exit_code, argc, argv);
}

}  // namespace

int main(int argc, char** argv) { return noesis::exit_code_of(run, argc, argv); }

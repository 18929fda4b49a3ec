// The program `noesis-agent`: the subcommands of `noesis` that need LibTorch, which would make
// every start of `noesis` slow. `noesis` finds it beside itself and becomes it.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <new>

#include "core/error.hpp"
#include "runners/fit_command.hpp"
#include "runners/loop_command.hpp"
#include "runners/parse_error.hpp"
#include "runners/train_command.hpp"

namespace {

int run(int argc, char** argv) {
  CLI::App app{"noesis: the gym for brains. The commands that train agents.", "noesis"};
  app.require_subcommand(1);
  int exit_code = 0;
  noesis::add_loop_command(app, exit_code);
  noesis::add_train_commands(app, exit_code);
  noesis::add_fit_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "%s\n", noesis::parse_error_text(app, error, argc, argv).c_str());
    return 2;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const noesis::UserError& error) {
    std::fprintf(stderr, "noesis: %s\n", error.what());
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    std::fputs("noesis: out of memory; use fewer environments or smaller layers\n", stderr);
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "noesis: %s\n", error.what());
    return 1;
  }
}

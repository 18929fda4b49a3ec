// `noesis serve` where the server was not built.

#include <CLI/CLI.hpp>

#include "core/error.hpp"
#include "runners/serve_command.hpp"

namespace noesis {

void add_serve_command(CLI::App& app, int& /*exit_code*/) {
  auto* command = app.add_subcommand("serve", "Environments for clients elsewhere (not built)");
  command->allow_extras();
  command->callback([] {
    throw ConfigError({.what = "noesis was built without the environment server",
                       .where = "serve",
                       .got = {},
                       .allowed = {},
                       .next = "install libzmq3-dev, cppzmq-dev and libmsgpack-cxx-dev, and build "
                               "with -DNOESIS_WITH_ZMQ=ON"});
  });
}

}  // namespace noesis

#pragma once
/// The subcommand `loop` of the command line.

#include <CLI/CLI.hpp>

namespace noesis {

/// Adds it to the app; `exit_code` is set when it ran.
void add_loop_command(CLI::App& app, int& exit_code);

}  // namespace noesis

#pragma once
/// The subcommands `train` and `eval` of the command line.

#include <CLI/CLI.hpp>

namespace noesis {

/// Adds them to the app; `exit_code` is set when one ran.
void add_train_commands(CLI::App& app, int& exit_code);

}  // namespace noesis

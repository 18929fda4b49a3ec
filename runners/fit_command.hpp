#pragma once
/// The subcommand `fit` of the command line.

#include <CLI/CLI.hpp>

namespace noesis {

/// Adds it to the app; `exit_code` is set when it ran.
void add_fit_command(CLI::App& app, int& exit_code);

}  // namespace noesis

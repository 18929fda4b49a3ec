#pragma once
/// The experiments as subcommands.

#include <CLI/CLI.hpp>

namespace noesis {

/// Adds seed-and-tape, grow, flaw and cure; `exit_code` is set when one ran.
void add_experiment_commands(CLI::App& app, int& exit_code);

}  // namespace noesis

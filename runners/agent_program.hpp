#pragma once
/// The subcommands of `noesis` that are in `noesis-agent`.

#include <CLI/CLI.hpp>

namespace noesis {

/// Adds them for the overview; run_agent_program() must have seen them before the app parses.
void add_agent_commands(CLI::App& app);

/// When argv[1] is one of them, this process becomes noesis-agent, found beside it. Returns when it
/// is none. @throws ConfigError when noesis-agent is not there or cannot be run.
void run_agent_program(int argc, char** argv);

}  // namespace noesis

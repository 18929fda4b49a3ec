#pragma once
/// `noesis serve`: environments for clients on other processes and machines.

namespace CLI {
class App;
}

namespace noesis {

/// Adds the command; running it sets the exit code. Where noesis was built without ZeroMQ, the
/// command only says so.
void add_serve_command(CLI::App& app, int& exit_code);

}  // namespace noesis

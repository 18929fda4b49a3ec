#pragma once
/// `noesis hemisphere`: a run whose brain is split over workers, and such a worker.

namespace CLI {
class App;
}

namespace noesis {

/// Adds the command; running it sets the exit code.
void add_hemisphere_command(CLI::App& app, int& exit_code);

}  // namespace noesis

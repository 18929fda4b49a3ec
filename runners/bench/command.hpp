#pragma once
/// `noesis bench`: figures of speed, each beside a baseline measured in turn with it in one
/// process.

namespace CLI {
class App;
}

namespace noesis {

void add_bench_command(CLI::App& app);

}  // namespace noesis

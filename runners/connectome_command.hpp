#pragma once
/// `noesis connectome`: what a connectome is like.

namespace CLI {
class App;
}

namespace noesis {

void add_connectome_command(CLI::App& app);

}  // namespace noesis

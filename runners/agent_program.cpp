#include "runners/agent_program.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "core/error.hpp"

namespace noesis {
namespace {

struct AgentCommand {
  const char* name;
  const char* doc;
};

constexpr std::array<AgentCommand, 4> kCommands = {{
    {"loop", "The main job: causal discovery, emulation, verdicts and their controls"},
    {"train", "Train agents in an environment"},
    {"eval", "Returns of a trained agent, as it acts"},
    {"fit", "Fit a connectome's weights to recorded activity"},
}};

}  // namespace

void add_agent_commands(CLI::App& app) {
  for (const AgentCommand& command : kCommands) app.add_subcommand(command.name, command.doc);
}

void run_agent_program(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  bool is_agent_command = false;
  for (const AgentCommand& command : kCommands) is_agent_command |= name == command.name;
  if (!is_agent_command) return;
  std::error_code error;
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "noesis-agent";
  if (error || !std::filesystem::exists(program, error)) {
    throw ConfigError({.what = "this noesis was built without LibTorch, which the command needs",
                       .where = std::string(name),
                       .got = "no " + program.string(),
                       .allowed = {},
                       .next = "install torch==2.13.0 into .venv and build again with "
                               "-DNOESIS_WITH_TORCH=ON (./noesis does both)"});
  }
  ::execv(program.c_str(), argv);
  throw ConfigError({.what = "noesis-agent cannot be run",
                     .where = program.string(),
                     .got = std::generic_category().message(errno),
                     .allowed = {},
                     .next = {}});
}

}  // namespace noesis

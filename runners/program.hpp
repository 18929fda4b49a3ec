#pragma once
/// What a user is told who got the command line wrong.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "core/names.hpp"

namespace noesis {

/// One line: what is wrong with the command line that `app` could not parse, the nearest name where
/// one was misspelled, and whose help to ask.
inline std::string parse_error_text(const CLI::App& app, const CLI::ParseError& error, int argc,
                                    const char* const* argv) {
  std::string name = "noesis";
  const CLI::App* command = &app;
  int next = 1;  // first word after the subcommands
  for (bool deeper = true; deeper;) {
    deeper = false;
    for (const CLI::App* part : command->get_subcommands({})) {
      if (next >= argc || !part->check_name(argv[next])) continue;
      command = part;
      name += " " + std::string(argv[next++]);
      deeper = true;
      break;
    }
  }
  const std::string usage = "`" + name + " --help` tells the usage";
  const auto said = [&](const std::string& what, const std::string& got,
                        const std::vector<std::string>& known) {
    const std::string meant = suggest_name(got, known);
    return name + ": " + what + " '" + got + "'" + (meant.empty() ? "" : ": " + meant) + "; " +
           usage;
  };
  std::vector<std::string> commands, options;
  for (const CLI::App* part : command->get_subcommands({})) commands.push_back(part->get_name());
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& one : option->get_lnames()) options.push_back("--" + one);
  }
  if (!commands.empty() && next < argc && argv[next][0] != '-') {
    return said("unknown command", argv[next], commands);
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    for (int k = next; k < argc; ++k) {
      const std::string word = argv[k];
      const std::string option = word.substr(0, word.find('='));
      if (!word.starts_with("--") || std::ranges::find(options, option) != options.end()) continue;
      return said("unknown option", option, options);
    }
  }
  return name + ": " + error.what() + "; " + usage;
}

}  // namespace noesis

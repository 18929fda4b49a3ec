#pragma once
/// How a program of noesis ends: what a user is told who got the command line wrong, and exit
/// codes.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include "core/error.hpp"
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

/// Parses the command line, for which `app` runs a subcommand that sets `exit_code`. Returns that;
/// 2 for a wrong command line, which is told.
inline int run_command(CLI::App& app, const int& exit_code, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "%s\n", parse_error_text(app, error, argc, argv).c_str());
    return 2;
  }
  return exit_code;
}

/// What main() returns: what `run` does, or the exit code of the error that it throws, which is
/// told in a line.
inline int exit_code_of(int (*run)(int, char**), int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const UserError& error) {
    std::fprintf(stderr, "noesis: %s\n", error.what());
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    std::fputs("noesis: out of memory; use fewer neurons, synapses or environments\n", stderr);
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "noesis: %s\n", error.what());
    return 1;
  }
}

}  // namespace noesis

#pragma once
/// Other programs, run to their end.

#include <string>
#include <utility>
#include <vector>

namespace noesis {

struct ChildResult {
  int exit_code = 0;   ///< 127 where the program could not be started, 128 + n after signal n
  std::string errors;  ///< the last 64 KiB of its stderr
};

/// Runs command[0], looked up in PATH, with the other strings as they are (no shell), stdin and
/// stdout on /dev/null and `environment` set besides this process's own.
/// @throws RunError where the system has no more processes or files.
ChildResult run_child(const std::vector<std::string>& command,
                      const std::vector<std::pair<std::string, std::string>>& environment = {});

}  // namespace noesis

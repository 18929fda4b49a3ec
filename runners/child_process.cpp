#include "runners/child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/atomic_file.hpp"

namespace noesis {

namespace {

constexpr std::size_t kKept = std::size_t{1} << 16;

/// Variables of this process with `added` in place of those of the same name.
std::vector<std::string> variables(const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('='));
    if (std::ranges::none_of(added, [&](const auto& one) { return one.first == name; })) {
      all.push_back(text);
    }
  }
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

/// Reads to the end, keeps the tail.
std::string read_tail(int descriptor) {
  std::string kept;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return kept;
    kept.append(buffer.data(), static_cast<std::size_t>(count));
    if (kept.size() > kKept) kept.erase(0, kept.size() - kKept);
  }
}

}  // namespace

ChildResult run_child(const std::vector<std::string>& command,
                      const std::vector<std::pair<std::string, std::string>>& environment) {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw file_error("no pipe", command[0], errno);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::vector<std::string> words = command, settings = variables(environment);
  pid_t process = 0;
  const int failed = ::posix_spawnp(&process, words[0].c_str(), &actions, nullptr,
                                    pointers(words).data(), pointers(settings).data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (failed) {
    ::close(ends[0]);
    if (failed == EAGAIN || failed == ENOMEM) throw file_error("cannot start", command[0], failed);
    return {.exit_code = 127, .errors = {}};
  }
  ChildResult result;
  result.errors = read_tail(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace noesis

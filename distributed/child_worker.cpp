#include "distributed/child_worker.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "core/error.hpp"

namespace noesis {

ChildWorker::ChildWorker(const ChildCommand& command) {
  std::vector<char*> arguments;
  for (const std::string& word : command.words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  // Everything that takes memory comes before the fork: other threads may hold its lock.
  std::vector<std::string> settings;
  for (const auto& [name, value] : command.environment) settings.push_back(name + "=" + value);
  const auto is_set_anew = [&](const char* setting) {
    return std::ranges::any_of(command.environment, [&](const auto& pair) {
      return std::string_view(setting).starts_with(pair.first + "=");
    });
  };
  std::vector<char*> environment;
  for (char** setting = environ; *setting != nullptr; ++setting) {
    if (!is_set_anew(*setting)) environment.push_back(*setting);
  }
  for (std::string& setting : settings) environment.push_back(setting.data());
  environment.push_back(nullptr);
  const pid_t parent = ::getpid();
  process_ = ::fork();
  if (process_ < 0) {
    throw RunError({.what = std::string("a worker cannot be started: ") + std::strerror(errno),
                    .where = command.words.front(),
                    .got = {},
                    .allowed = {},
                    .next = {}});
  }
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close_range(3, ~0U, 0);  // the master's files and their locks are not for it
    if (::getppid() == parent) ::execvpe(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
  }
}

ChildWorker::~ChildWorker() { kill(); }

ChildWorker::ChildWorker(ChildWorker&& other) noexcept
    : process_(std::exchange(other.process_, -1)), how_(std::move(other.how_)) {}

ChildWorker& ChildWorker::operator=(ChildWorker&& other) noexcept {
  if (this != &other) {
    kill();
    process_ = std::exchange(other.process_, -1);
    how_ = std::move(other.how_);
  }
  return *this;
}

bool ChildWorker::runs() {
  if (process_ < 0) return false;
  int status = 0;
  if (::waitpid(process_, &status, WNOHANG) == 0) return true;
  how_ = WIFSIGNALED(status) ? "killed by signal " + std::to_string(WTERMSIG(status))
                             : "ended with exit code " + std::to_string(WEXITSTATUS(status));
  process_ = -1;
  return false;
}

void ChildWorker::finish(int milliseconds) {
  for (int waited = 0; waited < milliseconds && runs(); waited += 5) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  kill();
}

void ChildWorker::kill() {
  if (!runs()) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
  how_ = "killed";
}

}  // namespace noesis

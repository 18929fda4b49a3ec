#include "runners/serve_command.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "core/interrupt.hpp"
#include "data/memory.hpp"
#include "runners/split_settings.hpp"
#include "server/client_log.hpp"
#include "server/server.hpp"

namespace noesis {
namespace {

using namespace std::chrono_literals;

struct Options {
  ServerOptions server;
  std::string keys, make_keys;
  std::string backend = "cpu";
  int local_workers = 0;
  double lease_s = 30;
  double memory_gb = 0;
};

/// Lets the process take so many bytes beyond what it has: what a client asks for past that is an
/// error of that client, where the system would end the server, and with it everybody's brains.
void limit_memory(double bytes) {
  rlimit limit{};
  if (bytes <= 0 || ::getrlimit(RLIMIT_DATA, &limit) != 0) return;
  limit.rlim_cur = std::min(limit.rlim_max, static_cast<rlim_t>(bytes));
  ::setrlimit(RLIMIT_DATA, &limit);
}

/// Shows the status until SIGINT or SIGTERM: on a terminal one line that is redrawn, elsewhere the
/// log of clients.
void show_until_interrupted(const Server& server) {
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  auto next = ServerClock::now();
  ClientLog log(next);
  while (!interrupt_requested()) {
    std::this_thread::sleep_for(50ms);
    const auto now = ServerClock::now();
    if (!is_terminal) {
      if (const auto line = log.line(server.status(), now)) {
        std::fprintf(stderr, "noesis serve: %s\n", line->c_str());
      }
    } else if (now >= next) {
      std::fprintf(stderr, "\r\033[K%s", status_text(server.status()).c_str());
      next += 1s;
    }
  }
  if (is_terminal) std::fputc('\n', stderr);
}

int serve(Options options) {
  if (!options.make_keys.empty()) {
    const auto client = make_keys(options.make_keys);
    std::printf("wrote %s (for --curve) and %s (for a client)\n", options.make_keys.c_str(),
                client.c_str());
    return 0;
  }
  if (!options.keys.empty()) options.server.keys = read_server_keys(options.keys);
  auto& dispatcher = options.server.dispatcher;
  dispatcher.lease = std::chrono::milliseconds(static_cast<std::int64_t>(1000 * options.lease_s));
  dispatcher.session.only_default_env = !dispatcher.session.default_env.empty();
  dispatcher.session.make_backend = env_backend_factory(options.backend, options.local_workers);
  constexpr double kShareOfAvailable = 0.8;
  limit_memory(options.memory_gb > 0
                   ? 1e9 * options.memory_gb
                   : kShareOfAvailable * static_cast<double>(available_memory_bytes()));
  const InterruptScope interrupts;
  auto server = std::make_unique<Server>(options.server);
  // To stdout, and at once: whoever started the server on port 0 reads there which one it got.
  std::printf("noesis serve: listening on %s%s\n", server->endpoint().c_str(),
              options.server.keys ? " with CURVE" : "");
  std::fflush(stdout);
  show_until_interrupted(*server);
  const bool drained = server->stop(1200ms);
  std::fprintf(stderr, "noesis serve: %s after %lld steps\n",
               drained ? "stopped" : "stopped within a step",
               static_cast<long long>(server->status().env_steps));
  // A step that takes longer than anybody waits for is left behind with the process.
  if (!drained) std::_Exit(0);
  return 0;
}

}  // namespace

void add_serve_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("serve", "Environments for clients elsewhere (docs/protocol.md)");
  DispatcherOptions& dispatcher = options->server.dispatcher;
  SessionOptions& session = dispatcher.session;
  command->add_option("--env", session.default_env,
                      "Serve this environment alone, such as noesis/Steer-v0 (all)");
  command
      ->add_option("--num-envs", session.default_num_envs,
                   "Environments of a client that does not say how many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command
      ->add_option("--bind", options->server.bind,
                   "Endpoint: tcp://ADDRESS:PORT (port 0: a free one) or ipc://FILE")
      ->capture_default_str();
  command->add_option("--curve", options->keys,
                      "Admit only the clients of this key file (see --make-keys)");
  command->add_option(
      "--make-keys", options->make_keys,
      "Write the keys of a server to FILE and those of a client beside it, and stop");
  command->add_flag("--insecure", options->server.insecure,
                    "Bind to a public address without keys: anybody may connect");
  command
      ->add_option("--threads", options->server.threads,
                   "Threads that run environments; 0: all hardware threads")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  command
      ->add_option("--env-threads", session.env_threads,
                   "Threads of each session's physics; results are the same for any number")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  command
      ->add_option("--backend", options->backend,
                   "What takes the steps of brains: auto, cpu, cuda or hip")
      ->capture_default_str();
  command
      ->add_option("--local-workers", options->local_workers,
                   "Split the brains of each session over so many processes; results are the same")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  command
      ->add_option("--max-sessions", dispatcher.max_sessions,
                   "Sessions at once; a client has one for each environment it made")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->add_option("--max-envs", session.max_num_envs, "Environments of one session")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command
      ->add_option("--lease", options->lease_s,
                   "Silence after which a lost client's sessions are closed [s]")
      ->check(CLI::Range(0.1, 86'400.0))
      ->capture_default_str();
  command
      ->add_option("--memory", options->memory_gb,
                   "Most memory of the server, all clients together [GB]; 0: 80% of what is free")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  command->add_flag(
      "--allow-files", session.may_read_files,
      "Clients may name files of this machine, such as connectomes, in their options");
  command->footer(
      "Examples:\n"
      "  noesis serve                                          # all environments, this machine "
      "only\n"
      "  noesis serve --env noesis/Steer-v0 --num-envs 16 --bind tcp://127.0.0.1:0\n"
      "  noesis serve --make-keys server.toml                  # and server.client.toml\n"
      "  noesis serve --bind tcp://0.0.0.0:5555 --curve server.toml\n"
      "In Python: gymnasium.make(\"noesis/Steer-v0\", address=\"tcp://127.0.0.1:5555\").\n"
      "On a terminal it shows its status; elsewhere it logs to stderr who came and went, at most "
      "every\n5 s, and its status once a minute while clients are there.\n"
      "SIGTERM or Ctrl-C: answers what is in flight and exits 0.");
  command->callback([options, &exit_code] { exit_code = serve(*options); });
}

}  // namespace noesis

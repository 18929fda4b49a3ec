// Environments over loopback: what the server costs beside the physics, and whether clients share
// it.

#include "server/server.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <thread>

#include "core/error.hpp"
#include "env/registry.hpp"
#include "runners/bench/benches.hpp"
#include "server/client.hpp"

namespace noesis::bench {
namespace {

constexpr double kMostBesidePhysics_s = 100e-6;
const char* const kEnv = "noesis/Steer-v0";
const char* const kBrain = "subject=celegans";

/// A client that plays C. elegans, doing nothing.
class Player {
 public:
  Player(const std::string& endpoint, int number, std::int64_t num_envs)
      : connection_(endpoint), shape_{num_envs, 0} {
    MessageWriter make(MessageType::kMake);
    make.field("token", FieldBytes{"the token of player " + std::to_string(number)});
    make.field("env", kEnv);
    make.field("num_envs", num_envs);
    make.field("options", FieldList{kBrain});
    const Message spec = checked(connection_.call(std::move(make)));
    session_ = spec.uint_at("session");
    shape_[1] = static_cast<std::int64_t>(spec.uint_at("action_size"));
    actions_.resize(static_cast<std::size_t>(num_elements(shape_)));
    MessageWriter reset = request(MessageType::kReset);
    reset.field("seed", std::uint64_t{1});
    checked(connection_.call(std::move(reset)));
  }
  void step() {
    MessageWriter writer = request(MessageType::kStep);
    writer.array<float>("action", shape_, actions_);
    checked(connection_.call(std::move(writer)));
  }

 private:
  MessageWriter request(MessageType type) {
    MessageWriter writer(type);
    writer.field("session", session_);
    writer.field("seq", ++seq_);
    return writer;
  }
  static Message checked(Message answer) {
    ensure(answer.type() != MessageType::kError, "the server serves the benchmark");
    return answer;
  }

  Connection connection_;
  Shape shape_;
  std::uint64_t session_ = 0, seq_ = 0;
  std::vector<float> actions_;
};

std::unique_ptr<VectorEnv> in_process(std::int64_t num_envs) {
  auto env = make_vec(kEnv, num_envs, {.toml = {}, .overrides = {kBrain}});
  env->reset(1);
  return env;
}

/// Median seconds of a step of each kind, taken in turn: blocks of the one, then of the other.
std::pair<double, double> medians(const Work& remote, const Work& local, int steps) {
  std::vector<double> remote_s, local_s;
  for (int block = 0; block < 10; ++block) {
    for (int k = 0; k < steps / 10; ++k) remote_s.push_back(seconds_of(remote));
    for (int k = 0; k < steps / 10; ++k) local_s.push_back(seconds_of(local));
  }
  return {median(std::move(remote_s)), median(std::move(local_s))};
}

void round_trip(Report& report, const Server& server) {
  Player player(server.endpoint(), 0, 1);
  const auto env = in_process(1);
  const std::vector<float> actions(static_cast<std::size_t>(env->action_size()));
  const auto [remote, local] = medians([&] { player.step(); }, [&] { env->step(actions); }, 10'000);
  report.add({"server", "a step of C. elegans over loopback, 1 env, median", remote * 1e6, "us",
              "in process", local * 1e6, remote / local});
  const double within = server.status().latency_p50_us;
  report.add({"server", "  of that, from arrival to answer", within, "us", "in process",
              local * 1e6, within / (local * 1e6)});
  report.add({"server", "  round trips beside the physics", 1 / (remote - local), "1/s",
              "the goal, 100 us", 1 / kMostBesidePhysics_s, kMostBesidePhysics_s / (remote - local),
              1});
}

void batch(Report& report, const std::string& endpoint) {
  constexpr std::int64_t kNumEnvs = 64;
  Player player(endpoint, 1, kNumEnvs);
  const auto env = in_process(kNumEnvs);
  const std::vector<float> actions(static_cast<std::size_t>(kNumEnvs * env->action_size()));
  const auto [remote, local] = medians([&] { player.step(); }, [&] { env->step(actions); }, 2'000);
  report.add({"server", "C. elegans over loopback, 64 env in a batch", kNumEnvs / remote,
              "env steps/s", "in process", kNumEnvs / local, local / remote, 0.8});
}

void fairness(Report& report, const std::string& endpoint) {
  constexpr int kNumClients = 16;
  std::vector<std::int64_t> steps(kNumClients, 0);
  std::atomic<int> ready = 0;
  std::atomic<bool> stop = false;
  std::vector<std::thread> clients;
  for (int c = 0; c < kNumClients; ++c) {
    clients.emplace_back([&, c] {
      Player player(endpoint, 100 + c, 1);
      for (++ready; ready < kNumClients;) std::this_thread::yield();
      for (; !stop; ++steps[static_cast<std::size_t>(c)]) player.step();
    });
  }
  while (ready < kNumClients) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  constexpr double kSeconds = 3;
  std::this_thread::sleep_for(std::chrono::duration<double>(kSeconds));
  stop = true;
  for (std::thread& client : clients) client.join();
  const double total =
      static_cast<double>(std::accumulate(steps.begin(), steps.end(), std::int64_t{0}));
  const double mean = total / kNumClients / kSeconds;
  const double slowest =
      static_cast<double>(*std::min_element(steps.begin(), steps.end())) / kSeconds;
  report.add({"server", "16 clients, 1 env each: the slowest", slowest, "steps/s",
              "the mean of all", mean, slowest / mean, 0.5});
}

}  // namespace

void server(Report& report) {
  ServerOptions options;
  options.bind = "tcp://127.0.0.1:0";
  options.threads = report.arena().num_threads();
  const Server server(std::move(options));
  round_trip(report, server);
  batch(report, server.endpoint());
  fairness(report, server.endpoint());
}

}  // namespace noesis::bench

#include "server/server.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "core/curve_door.hpp"
#include "core/rng.hpp"
#include "server/client.hpp"
#include "tests/core/error_of.hpp"
#include "tests/core/temp_folder.hpp"
#include "tests/server/requests.hpp"

namespace noesis {
namespace {

using namespace noesis::testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Counting environments whose step takes `pause`; a batch has wide observations if asked for.
ServerOptions quick(std::chrono::milliseconds pause = 0ms) {
  class Slow final : public Task {
   public:
    Slow(std::int64_t num_envs, std::chrono::milliseconds pause)
        : task_(num_envs, 0), pause_(pause) {}
    std::int64_t num_envs() const override { return task_.num_envs(); }
    const Space& observation_space() const override { return task_.observation_space(); }
    const Space& action_space() const override { return task_.action_space(); }
    void reset(std::int64_t env, std::uint64_t seed, const Dict& options,
               std::span<float> observation, InfoTable& info) override {
      task_.reset(env, seed, options, observation, info);
    }
    void step(std::span<const float> actions, std::span<const std::uint8_t> active,
              const TaskStep& out) override {
      std::this_thread::sleep_for(pause_);
      task_.step(actions, active, out);
    }
    void save(std::int64_t env, ByteWriter& out) const override { task_.save(env, out); }
    void load(std::int64_t env, ByteReader& in) override { task_.load(env, in); }
    std::vector<RenderRow> render_rows(std::int64_t env) const override {
      return task_.render_rows(env);
    }

   private:
    CountingTask task_;
    std::chrono::milliseconds pause_;
  };
  ServerOptions options;
  options.bind = "tcp://127.0.0.1:0";
  options.threads = 2;
  options.dispatcher.lease = 200ms;
  options.dispatcher.session.max_num_envs = 1 << 17;
  options.dispatcher.session.make_env = [pause](const EnvRequest& request) {
    return std::make_unique<VectorEnv>(std::make_unique<Slow>(request.num_envs, pause), EnvSpec{},
                                       request.autoreset);
  };
  return options;
}

/// A client with a session of its own.
class Player {
 public:
  Player(const Server& server, char token_of, std::int64_t num_envs = 1, int most_waiting = 1000)
      : connection_(server.endpoint(), {}, most_waiting) {
    const Message spec = connection_.call(make(num_envs, "NextStep", token_of));
    EXPECT_EQ(code_of(spec), "no error") << spec.text_at("message", "");
    session_ = spec.uint_at("session");
    shape_ = {num_envs, static_cast<std::int64_t>(spec.uint_at("action_size"))};
    connection_.call(testing::reset(session_, ++seq_));
  }
  MessageWriter next_step(float action = 0.25f) {
    return testing::step(
        session_, ++seq_, shape_,
        std::vector<float>(static_cast<std::size_t>(shape_[0] * shape_[1]), action));
  }
  Message step(float action = 0.25f) { return connection_.call(next_step(action)); }
  Connection& connection() { return connection_; }
  std::uint64_t session() const { return session_; }

 private:
  Connection connection_;
  std::uint64_t session_ = 0, seq_ = 0;
  Shape shape_;
};

void expect_soon(const std::function<bool()>& holds, const char* what) {
  for (int i = 0; i < 500 && !holds(); ++i) std::this_thread::sleep_for(20ms);
  EXPECT_TRUE(holds()) << what;
}

// Broken by anything that a thread count or another client changes about a trajectory.
TEST(Server, HasTheSameTrajectoriesForAnyThreadsAndNeighbours) {
  const auto trajectory = [](int threads, int num_clients) {
    ServerOptions options;
    options.bind = "tcp://127.0.0.1:0";
    options.threads = threads;
    const Server server(std::move(options));
    std::vector<std::vector<float>> seen(static_cast<std::size_t>(num_clients));
    std::vector<std::thread> clients;
    for (int c = 0; c < num_clients; ++c) {
      clients.emplace_back([&, c] {
        Player player(server, static_cast<char>('a' + c), 1 + c);
        for (int k = 0; k < 20; ++k) {
          const auto observation = values_of<float>(player.step(), "observation");
          const auto first = observation.begin();  // environment 0 has the same seed in all batches
          seen[static_cast<std::size_t>(c)].insert(seen[static_cast<std::size_t>(c)].end(), first,
                                                   first + std::ssize(observation) / (1 + c));
        }
      });
    }
    for (std::thread& client : clients) client.join();
    return seen;
  };
  const auto alone = trajectory(1, 1)[0];
  EXPECT_FALSE(alone.empty());
  for (const auto& one : trajectory(3, 4)) EXPECT_EQ(one, alone);
}

// Broken by a message that the server cannot answer, or answers with its own end.
TEST(Server, SurvivesRubbishAndServesOthersMeanwhile) {
  const Server server(quick());
  Player player(server, 'p');
  Connection vandal(server.endpoint());
  RandomSequence random(1, Stream::kTask);
  const FramesPtr good = numbered(make(1, "NextStep", 'v'), 1);
  for (int i = 0; i < 600; ++i) {
    Frames frames;
    if (i % 3 == 0) {  // any bytes
      for (std::uint64_t n = random.below(200); n > 0; --n)
        frames.head += static_cast<char>(random.below(256));
    } else {  // a request cut short, or with bytes changed
      frames = *good;
      if (i % 3 == 1) frames.head.resize(random.below(frames.head.size()));
      for (int k = 0; k < 3 && !frames.head.empty(); ++k)
        frames.head[random.below(frames.head.size())] = static_cast<char>(random.below(256));
      frames.data.assign(random.below(50), 'x');
    }
    vandal.send(frames);
    if (i % 20 == 0) {
      EXPECT_EQ(code_of(player.step()), "no error");
    }
  }
  vandal.send({std::string(std::size_t{65} << 20, 'x'), ""});  // libzmq closes the connection
  EXPECT_EQ(code_of(player.step()), "no error");
  expect_soon([&] { return server.status().requests > 600; }, "all of it was read");
  Connection again(server.endpoint());
  EXPECT_EQ(code_of(again.call(hello())), "no error");
}

int tcp_connection(const std::string& endpoint) {
  const int handle = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port =
      htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return handle;
}

TEST(Server, SurvivesWhatIsNotEvenZeroMQ) {
  const Server server(quick());
  Player player(server, 'p');
  for (const std::string text : {"GET / HTTP/1.1\r\n\r\n", "",
                                 "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03", "NOES\x01\x01"}) {
    const int handle = tcp_connection(server.endpoint());
    EXPECT_EQ(::send(handle, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
    EXPECT_EQ(code_of(player.step()), "no error");
    ::close(handle);
  }
}

// Broken by sessions or connections that are not let go.
TEST(Server, FreesWhat200DroppedConnectionsHeld) {
  ServerOptions options = quick();
  options.dispatcher.max_sessions = 300;
  const Server server(std::move(options));
  Player player(server, 'p');
  for (int i = 0; i < 200; ++i) {
    Connection connection(server.endpoint());
    MessageWriter request(MessageType::kMake);
    request.field("token", FieldBytes{"token of number " + std::to_string(i)});
    request.field("env", "noesis/Steer-v0");
    if (i % 4 == 0) {
      connection.send(*numbered(std::move(request), 1));  // and gone before the answer
    } else {
      EXPECT_EQ(code_of(connection.call(std::move(request))), "no error");
    }
  }
  EXPECT_EQ(code_of(player.step()), "no error");
  // The player, who sends nothing meanwhile, keeps its session: it is connected.
  expect_soon([&] { return server.status().sessions == 1; }, "only the player's session is left");
  EXPECT_EQ(code_of(player.step()), "no error");
}

// Broken by a step whose answer nobody is there for.
TEST(Server, SurvivesAClientThatIsKilledMidStep) {
  const Server server(quick(100ms));
  Player player(server, 'p');
  {
    Player victim(server, 'v');
    victim.connection().send(*numbered(victim.next_step(), 99));
    expect_soon([&] { return server.status().requests >= 5; }, "the step has begun");
  }
  EXPECT_EQ(code_of(player.step()), "no error");
  expect_soon([&] { return server.status().sessions == 1; }, "the victim's session is closed");
  EXPECT_EQ(code_of(player.step()), "no error");
}

// Broken by waiting for a client that does not read, or by keeping all that it does not read.
TEST(Server, DoesNotWaitForASlowReader) {
  ServerOptions options = quick();
  options.most_unread_bytes = std::size_t{1} << 20;
  const Server server(std::move(options));
  Player player(server, 'p');
  Player slow(server, 's', 1 << 16, 1);  // answers of more than a megabyte
  const FramesPtr request = numbered(slow.next_step(), 1000);
  for (int i = 0; i < 100; ++i) {
    slow.connection().send(*request);  // the same again: it is answered each time
    if (i % 10 == 0) {
      EXPECT_EQ(code_of(player.step()), "no error");
    }
  }
  expect_soon([&] { return server.status().dropped == 1; }, "the slow reader is dropped");
  EXPECT_EQ(code_of(player.step()), "no error");
  EXPECT_EQ(server.status().sessions, 1);
}

// Broken by an end that leaves a client without the answer to what was begun.
TEST(Server, AnswersWhatIsInFlightBeforeItEnds) {
  Server server(quick(150ms));
  Player player(server, 'p');
  player.connection().send(*numbered(player.next_step(), 70));
  player.connection().send(*numbered(player.next_step(), 71));
  expect_soon([&] { return server.status().requests >= 4; }, "the steps have begun");
  EXPECT_TRUE(server.stop(2s));
  for (const std::uint64_t id : {70, 71}) {
    std::optional<Message> answer = player.connection().receive(2s);
    while (answer && answer->type() == MessageType::kAlive)
      answer = player.connection().receive(2s);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->uint_at("id"), id);
    EXPECT_EQ(code_of(*answer), "no error");
  }
}

TEST(Server, DoesNotWaitForAStepThatTakesTooLong) {
  Server server(quick(600ms));
  Player player(server, 'p');
  player.connection().send(*numbered(player.next_step(), 70));
  expect_soon([&] { return server.status().requests >= 3; }, "the step has begun");
  EXPECT_FALSE(server.stop(10ms));
}

TEST(Server, ServesThisMachineAloneUnlessTold) {
  EXPECT_TRUE(is_loopback("tcp://127.0.0.1:5555"));
  EXPECT_TRUE(is_loopback("tcp://[::1]:5555"));
  EXPECT_TRUE(is_loopback("ipc:///tmp/noesis"));
  for (const char* endpoint : {"tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://[::]:5555",
                               "tcp://eth0:5555", "tcp://127.evil.example:1"}) {
    SCOPED_TRACE(endpoint);
    ServerOptions options = quick();
    options.bind = endpoint;
    EXPECT_THAT(test::error_of([&] { const Server server(options); }), HasSubstr("--insecure"));
  }
}

TEST(Server, SaysWhyItCannotStart) {
  const Server first(quick());
  ServerOptions options = quick();
  options.bind = first.endpoint();
  EXPECT_THAT(test::error_of([&] { const Server second(options); }),
              HasSubstr("Address already in use"));
  ServerOptions unknown;
  unknown.bind = "tcp://127.0.0.1:0";
  unknown.dispatcher.session.default_env = "noesis/Ster-v0";
  EXPECT_THAT(test::error_of([&] { const Server server(unknown); }), HasSubstr("noesis/Steer-v0"));
}

// Broken by admitting whoever knows the server's public key, or nobody.
TEST(Server, AdmitsOnlyClientsWhoseKeysItHas) {
  const test::TempFolder folder;
  const auto file = folder.path() / "keys.toml";
  const auto client_file = make_keys(file);
  EXPECT_THAT(test::error_of([&] { make_keys(file); }), HasSubstr("not written over"));
  ServerOptions options = quick();
  options.keys = read_server_keys(file);
  const Server server(std::move(options));
  const ClientKeys keys = read_client_keys(client_file);
  Connection admitted(server.endpoint(), keys);
  EXPECT_EQ(code_of(admitted.call(hello())), "no error");
  const auto unanswered = [&](const std::optional<ClientKeys>& with) {
    Connection connection(server.endpoint(), with);
    connection.send(*numbered(hello(), 1));
    return !connection.receive(500ms).has_value();
  };
  EXPECT_TRUE(unanswered({}));
  const ClientKeys foreign = read_client_keys(make_keys(folder.path() / "other.toml"));
  EXPECT_TRUE(unanswered(foreign)) << "another server's key";
  EXPECT_TRUE(unanswered(ClientKeys{keys.server_key, foreign.public_key, foreign.secret_key}))
      << "a client that is not listed";
  EXPECT_EQ(code_of(admitted.call(hello())), "no error");
  EXPECT_THAT(test::error_of([&] { read_server_keys(client_file); }), HasSubstr("server_key"));
}

}  // namespace
}  // namespace noesis

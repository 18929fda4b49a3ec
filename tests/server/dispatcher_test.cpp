#include "server/dispatcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "tests/server/requests.hpp"

namespace noesis {
namespace {

using namespace noesis::testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A dispatcher with a clock that only moves when told to, and no thread but this one.
class Bench {
 public:
  explicit Bench(DispatcherOptions options = {})
      : dispatcher(
            [&] {
              if (!options.session.make_env) {
                options.session.make_env = [](const EnvRequest& request) {
                  return counting(request);
                };
              }
              return std::move(options);
            }(),
            now) {}

  void send(const Peer& peer, const FramesPtr& frames) {
    const std::string_view views[] = {frames->head, frames->data};
    dispatcher.receive(peer, std::span(views).first(frames->data.empty() ? 1 : 2), now, answers);
  }
  void send(const Peer& peer, MessageWriter request) {
    send(peer, numbered(std::move(request), ++last_id));
  }
  /// Runs jobs until none is ready.
  void run() {
    while (std::optional<Job> job = dispatcher.take_job()) {
      job->run();
      dispatcher.finish(std::move(*job), now, answers);
    }
  }
  /// What was answered since the last call.
  std::vector<Message> take() {
    std::vector<Message> messages;
    for (const Answer& answer : std::exchange(answers, {}))
      messages.push_back(parse(answer.frames));
    return messages;
  }
  Message ask(const Peer& peer, MessageWriter request) {
    send(peer, std::move(request));
    run();
    std::vector<Message> got = take();
    ensure(got.size() == 1, "one answer");
    return std::move(got[0]);
  }
  /// A session of that peer, reset once: the next number is 2.
  std::uint64_t session(const Peer& peer, char token_of = 't') {
    const std::uint64_t id = ask(peer, testing::make(1, "NextStep", token_of)).uint_at("session");
    ask(peer, reset(id, 1));
    return id;
  }
  MessageWriter step(std::uint64_t session, std::uint64_t seq, float action = 0) {
    return testing::step(session, seq, {1, 1}, {action});
  }

  ServerClock::time_point now{};
  std::uint64_t last_id = 0;
  Dispatcher dispatcher;
  Answers answers;
};

TEST(Dispatcher, AnswersWithoutASession) {
  Bench bench;
  const Message welcome = bench.ask("a", hello());
  EXPECT_EQ(welcome.uint_at("version"), 1u);
  EXPECT_THAT(welcome.list_at("environments"), ::testing::Contains(Field("noesis/Steer-v0")));
  EXPECT_EQ(bench.ask("a", MessageWriter(MessageType::kPing)).type(), reply_to(MessageType::kPing));
  const Message catalogue = bench.ask("a", MessageWriter(MessageType::kCatalogue));
  EXPECT_GE(catalogue.list_at("environments").size(), 3u);
  EXPECT_EQ(bench.ask("a", MessageWriter(MessageType::kStats)).type(),
            reply_to(MessageType::kStats));
  MessageWriter later(MessageType::kHello);
  later.field("versions", FieldList{std::uint64_t{2}, std::uint64_t{3}});
  EXPECT_EQ(code_of(bench.ask("a", std::move(later))), "VERSION");
}

TEST(Dispatcher, AnswersWhatItCannotReadWithATypedError) {
  Bench bench;
  const auto code = [&](std::vector<std::string_view> frames) {
    bench.dispatcher.receive("a", frames, bench.now, bench.answers);
    const auto got = bench.take();
    return got.size() == 1 ? code_of(got[0]) : "not one answer";
  };
  EXPECT_EQ(code({}), "MALFORMED");
  EXPECT_EQ(code({"", ""}), "MALFORMED");
  EXPECT_EQ(code({"rubbish"}), "MALFORMED");
  const FramesPtr ping = numbered(MessageWriter(MessageType::kPing), 1);
  EXPECT_EQ(code({ping->head, "", ""}), "MALFORMED");
  EXPECT_EQ(code({ping->head.substr(0, ping->head.size() - 1)}), "MALFORMED");
  EXPECT_EQ(code({MessageWriter(MessageType::kPing).finish()->head}), "MALFORMED") << "no id";
  EXPECT_EQ(code_of(bench.ask("a", MessageWriter(static_cast<MessageType>(99)))), "UNKNOWN_TYPE");
  EXPECT_EQ(code_of(bench.ask("a", MessageWriter(MessageType::kError))), "UNKNOWN_TYPE");
  MessageWriter short_token(MessageType::kMake);
  short_token.field("token", FieldBytes{"short"});
  EXPECT_EQ(code_of(bench.ask("a", std::move(short_token))), "MALFORMED");
  EXPECT_EQ(bench.dispatcher.status(bench.now).errors, 9);
  EXPECT_EQ(bench.dispatcher.status(bench.now).sessions, 0);
}

// Red when a log would count a client for each of its sessions, or one that asks again as another.
TEST(Dispatcher, CountsClientsThatComeAndGo) {
  Bench bench;
  const auto came_and_gone = [&] {
    const ServerStatus status = bench.dispatcher.status(bench.now);
    return std::pair(status.clients_came, status.clients_gone);
  };
  bench.session("a", 't');
  const std::uint64_t second = bench.session("a", 'u');
  EXPECT_EQ(came_and_gone(), std::pair(std::int64_t{1}, std::int64_t{0}));
  bench.ask("b", with_token(MessageType::kResume, 't'));  // by another connection
  bench.ask("b", testing::make(1, "NextStep", 't'));      // again: its answer was lost
  EXPECT_EQ(came_and_gone(), std::pair(std::int64_t{2}, std::int64_t{0}));
  bench.ask("a", of_session(MessageType::kClose, second, 0));
  EXPECT_EQ(came_and_gone(), std::pair(std::int64_t{2}, std::int64_t{1}));
  bench.dispatcher.drop("b");
  EXPECT_EQ(came_and_gone(), std::pair(std::int64_t{2}, std::int64_t{2}));
}

// Broken by taking a step twice, or by taking one whose predecessor is missing.
TEST(Dispatcher, TakesEachNumberOnceAndInOrder) {
  Bench bench;
  const std::uint64_t s = bench.session("a");
  const FramesPtr second = numbered(bench.step(s, 2, 0.5f), 50);
  bench.send("a", second);
  bench.run();
  const Message first_answer = std::move(bench.take()[0]);
  bench.send("a", second);
  bench.run();
  const auto again = bench.take();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].uint_at("id"), 50u);
  EXPECT_EQ(values_of<float>(again[0], "observation"),
            values_of<float>(first_answer, "observation"));
  EXPECT_EQ(bench.dispatcher.status(bench.now).env_steps, 1);
  EXPECT_EQ(code_of(bench.ask("a", bench.step(s, 4))), "SEQUENCE");
  EXPECT_EQ(code_of(bench.ask("a", bench.step(s, 0))), "MALFORMED");
  EXPECT_EQ(code_of(bench.ask("a", bench.step(s, ~std::uint64_t{0}))), "SEQUENCE");
  EXPECT_EQ(code_of(bench.ask("a", bench.step(s, 3))), "no error");
  for (std::uint64_t seq = 4; seq < 10; ++seq) bench.ask("a", bench.step(s, seq));
  EXPECT_EQ(code_of(bench.ask("a", bench.step(s, 2))), "SEQUENCE") << "too old to be kept";
  EXPECT_EQ(code_of(bench.ask("a", bench.step(s, 6))), "no error") << "one of the last four";
}

// Broken by errors that do not use up their number, or are not kept.
TEST(Dispatcher, KeepsErrorsAsItKeepsResults) {
  Bench bench;
  const std::uint64_t s = bench.session("a");
  const FramesPtr bad = numbered(bench.step(s, 2, std::nanf("")), 9);
  for (int i = 0; i < 2; ++i) {
    bench.send("a", bad);
    bench.run();
    EXPECT_EQ(code_of(bench.take().at(0)), "CONFIG");
  }
  EXPECT_EQ(code_of(bench.ask("a", bench.step(s, 3))), "no error");
}

TEST(Dispatcher, TakesAsManyRequestsAtOnceAsTheWindowAllows) {
  Bench bench;
  const std::uint64_t s = bench.session("a");
  for (std::uint64_t seq = 2; seq < 7; ++seq) bench.send("a", bench.step(s, seq));
  bench.send("a", bench.step(s, 3));  // in flight: its answer is to come
  const auto refused = bench.take();
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(code_of(refused[0]), "BUSY");
  bench.run();
  std::vector<std::uint64_t> order;
  for (const Message& message : bench.take()) order.push_back(message.uint_at("seq"));
  EXPECT_THAT(order, ElementsAre(2, 3, 4, 5));
  EXPECT_EQ(code_of(bench.ask("a", bench.step(s, 6))), "no error");
}

// Broken by letting a connection into another's session.
TEST(Dispatcher, KeepsSessionsApart) {
  Bench bench;
  const std::uint64_t a = bench.session("a", 'a'), b = bench.session("b", 'b');
  EXPECT_NE(a, b);
  EXPECT_EQ(code_of(bench.ask("b", bench.step(a, 2))), "UNKNOWN_SESSION");
  bench.ask("b", of_session(MessageType::kClose, a, 0));
  EXPECT_EQ(code_of(bench.ask("a", bench.step(a, 2))), "no error");
  bench.ask("a", of_session(MessageType::kClose, a, 0));
  EXPECT_EQ(code_of(bench.ask("a", bench.step(a, 3))), "UNKNOWN_SESSION");
  bench.ask("a", of_session(MessageType::kClose, a, 0));  // twice is as good as once
  EXPECT_EQ(code_of(bench.ask("b", bench.step(b, 2))), "no error");
  EXPECT_EQ(bench.dispatcher.status(bench.now).sessions, 1);
}

// Broken by a session that its client cannot take up again, or that anybody can.
TEST(Dispatcher, ResumesByTheTokenFromAnotherConnection) {
  Bench bench;
  const std::uint64_t s = bench.session("a");
  const FramesPtr request = numbered(bench.step(s, 2), 9);
  bench.send("a", request);
  bench.run();
  bench.take();  // lost on its way
  bench.send("a2", request);
  EXPECT_EQ(code_of(bench.take().at(0)), "UNKNOWN_SESSION");
  EXPECT_EQ(code_of(bench.ask("a2", with_token(MessageType::kResume, 'x'))), "UNKNOWN_SESSION");
  const Message spec = bench.ask("a2", with_token(MessageType::kResume));
  EXPECT_EQ(spec.uint_at("session"), s);
  EXPECT_EQ(spec.uint_at("next_seq"), 3u);
  bench.send("a2", request);
  EXPECT_EQ(code_of(bench.take().at(0)), "no error");
  EXPECT_EQ(bench.dispatcher.status(bench.now).env_steps, 1);
  EXPECT_EQ(code_of(bench.ask("a", bench.step(s, 3))), "UNKNOWN_SESSION");
  EXPECT_EQ(bench.dispatcher.status(bench.now).clients, 1);
}

// Broken by a second session for a MAKE whose answer was lost.
TEST(Dispatcher, MakesOneSessionOfAToken) {
  Bench bench;
  bench.send("a", testing::make());
  bench.send("a", testing::make());
  bench.run();
  EXPECT_EQ(bench.take().size(), 1u);
  const Message again = bench.ask("b", testing::make());
  EXPECT_EQ(again.uint_at("session"), 1u);
  EXPECT_EQ(bench.dispatcher.status(bench.now).sessions, 1);
}

TEST(Dispatcher, SaysWhenToComeBackWhenItIsFull) {
  Bench bench({.session = {}, .max_sessions = 2});
  bench.session("a", 'a');
  const std::uint64_t b = bench.session("b", 'b');
  const Message full = bench.ask("c", testing::make(1, "NextStep", 'c'));
  EXPECT_EQ(code_of(full), "CAPACITY");
  const Field* retry = find_field(full.fields(), "retry_after_s");
  ASSERT_NE(retry, nullptr);
  EXPECT_GT(*retry->get_if<double>(), 0);
  bench.ask("b", of_session(MessageType::kClose, b, 0));
  EXPECT_EQ(code_of(bench.ask("c", testing::make(1, "NextStep", 'c'))), "no error");
}

TEST(Dispatcher, FreesThePlaceOfAMakeThatFailed) {
  Bench bench(
      {.session = {.default_env = {}, .max_num_envs = 4, .make_env = {}}, .max_sessions = 1});
  EXPECT_EQ(code_of(bench.ask("a", testing::make(5))), "CONFIG");
  EXPECT_EQ(bench.dispatcher.status(bench.now).clients, 0);
  EXPECT_EQ(code_of(bench.ask("a", testing::make(4))), "no error");
}

// Broken by a reaper that takes what is in use, or leaves what is not.
TEST(Dispatcher, LooksAfterSilentClients) {
  Bench bench({.session = {}, .lease = 10s, .most_idle = 60s});
  bench.session("a", 'a');
  bench.session("b", 'b');
  const auto probed = [&](std::chrono::seconds later) {
    bench.now += later;
    bench.dispatcher.tick(bench.now, bench.answers);
    std::vector<Peer> peers;
    for (const Answer& answer : std::exchange(bench.answers, {})) {
      EXPECT_TRUE(answer.is_probe);
      peers.push_back(answer.peer);
    }
    return peers;
  };
  EXPECT_THAT(probed(9s), ElementsAre());
  bench.ask("b", MessageWriter(MessageType::kPing));
  EXPECT_THAT(probed(2s), ElementsAre("a"));
  EXPECT_THAT(probed(1s), ElementsAre());
  bench.dispatcher.drop("a");  // what the server does when the socket refuses the probe
  EXPECT_EQ(bench.dispatcher.status(bench.now).sessions, 1);
  EXPECT_EQ(bench.dispatcher.status(bench.now).dropped, 1);
  EXPECT_THAT(probed(20s), ElementsAre("b"));
  probed(45s);
  EXPECT_EQ(bench.dispatcher.status(bench.now).sessions, 0)
      << "silent for longer than anybody may be";
}

// Broken by running a session's requests out of turn: a long one would hold up the short ones.
TEST(Dispatcher, GivesSessionsAStepInTurn) {
  Bench bench;
  const std::uint64_t a = bench.session("a", 'a'), b = bench.session("b", 'b');
  bench.send("a", testing::step(a, 2, {3, 1, 1}, {0, 0, 0}, MessageType::kStepMany));
  bench.send("b", bench.step(b, 2));
  bench.send("b", bench.step(b, 3));
  std::vector<std::uint64_t> turns;
  while (std::optional<Job> job = bench.dispatcher.take_job()) {
    turns.push_back(job->session_id);
    job->run();
    bench.dispatcher.finish(std::move(*job), bench.now, bench.answers);
  }
  EXPECT_THAT(turns, ElementsAre(a, b, a, b, a));
}

// Broken by a job that outlives its session, or a session that outlives its client.
TEST(Dispatcher, LetsGoOfASessionThatIsClosedWhileItRuns) {
  Bench bench;
  const std::uint64_t s = bench.session("a");
  bench.send("a", bench.step(s, 2));
  bench.send("a", bench.step(s, 3));
  std::optional<Job> job = bench.dispatcher.take_job();
  bench.dispatcher.drop("a");
  EXPECT_FALSE(bench.dispatcher.take_job().has_value());
  job->run();
  bench.dispatcher.finish(std::move(*job), bench.now, bench.answers);
  EXPECT_TRUE(bench.take().empty());
  EXPECT_TRUE(bench.dispatcher.idle());
  EXPECT_EQ(bench.dispatcher.status(bench.now).held_bytes, 0);
  EXPECT_EQ(code_of(bench.ask("a", testing::make())), "no error") << "the token is free again";
}

// Broken by forgetting what is held, or by holding more than was allowed.
TEST(Dispatcher, HoldsNoMoreThanItMay) {
  Bench bench({.session = {}, .most_held_bytes = 2000});
  const std::uint64_t s = bench.session("a");
  const std::vector<float> actions(1000);
  bench.send("a", testing::step(s, 2, {1000, 1, 1}, actions, MessageType::kStepMany));
  EXPECT_EQ(code_of(bench.take().at(0)), "BUSY");
  for (std::uint64_t seq = 2; seq < 200; ++seq) {
    bench.ask("a", bench.step(s, seq));
    ASSERT_LT(bench.dispatcher.status(bench.now).held_bytes, 2500);
  }
  bench.ask("a", of_session(MessageType::kClose, s, 0));
  EXPECT_EQ(bench.dispatcher.status(bench.now).held_bytes, 0);
}

TEST(Dispatcher, BeginsNothingNewWhileItDrains) {
  Bench bench;
  const std::uint64_t s = bench.session("a");
  bench.send("a", bench.step(s, 2));
  bench.dispatcher.drain();
  EXPECT_FALSE(bench.dispatcher.idle());
  EXPECT_EQ((bench.send("a", bench.step(s, 3)), code_of(bench.take().at(0))), "DRAINING");
  EXPECT_EQ((bench.send("b", testing::make(1, "NextStep", 'b')), code_of(bench.take().at(0))),
            "DRAINING");
  bench.run();
  EXPECT_EQ(code_of(bench.take().at(0)), "no error");
  EXPECT_TRUE(bench.dispatcher.idle());
}

// Goes red when clients are left to wait for answers of a server that is gone.
TEST(Dispatcher, SaysFarewellToWhoeverHasASession) {
  Bench bench;
  bench.session("a");
  bench.send("b", hello());
  bench.take();
  bench.dispatcher.say_farewell(bench.answers);
  ASSERT_EQ(bench.answers.size(), 1u);
  EXPECT_EQ(bench.answers.front().peer, "a");
  EXPECT_EQ(code_of(bench.take().at(0)), "DRAINING");
}

TEST(RecentSpeed, IsOfTheRecentPast) {
  ServerClock::time_point now{};
  RecentSpeed speed(now);
  ServerStatus status;
  for (int i = 1; i <= 100; ++i) {
    now += 200ms;
    speed.add_latency(std::chrono::microseconds(i));
    speed.mark(now, status.env_steps = i < 50 ? 0 : 20 * (i - 50));
  }
  speed.write(status, now);
  EXPECT_NEAR(status.env_steps_per_s, 100, 1e-9);
  EXPECT_NEAR(status.latency_p50_us, 50, 1);
  EXPECT_NEAR(status.latency_p99_us, 99, 1);
}

}  // namespace
}  // namespace noesis

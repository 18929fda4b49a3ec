// Workers whose link fails, and come back.

#include <gmock/gmock.h>
#include <signal.h>

#include <zmq.hpp>

#include "distributed/recovering_crew.hpp"
#include "tests/distributed/joining.hpp"
#include "tests/distributed/link.hpp"
#include "tests/distributed/lives.hpp"
#include "tests/distributed/processes.hpp"

namespace noesis {

const char* const testing::kWorker = NOESIS_BINARY_DIR "/tests/distributed/distributed_worker";

namespace {

using namespace noesis::testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Longer than a master bears the silence of a worker.
constexpr auto kLong = 2500ms;

std::string endpoint() { return "tcp://127.0.0.1:" + std::to_string(kPort); }

// Red when a worker that lost its link, or was let go while nothing came through, does not say
// hello again, or is not taken.
TEST(Return, AfterALinkThatWasCutOrSilent) {
  Link link(kPort);
  Joining near(joining(kPort)), far(joining(link.port()));
  std::shared_ptr<RecoveringCrew> crew = make_recovering_crew(make_zmq_crew(waiting(2)));
  expect_same_life(crew, 60, [&](int ms) {
    if (ms == 20) link.cut(kLong);
    if (ms == 40) link.hold(kLong);
  });
  EXPECT_GE(crew->report().num_recoveries, 2);
  crew = nullptr;
  EXPECT_EQ(near.join(), "");
  EXPECT_EQ(far.join(), "");
}

// Red when a worker that comes back before its master has noticed that it was gone gives up.
TEST(Return, BeforeTheMasterHasNoticed) {
  Link link(kPort);
  Joining near(joining(kPort)), far(joining(link.port()));
  std::shared_ptr<RecoveringCrew> crew = make_recovering_crew(make_zmq_crew(waiting(2)));
  expect_same_life(crew, 40, [&](int ms) {
    if (ms == 20) link.cut(50ms);
  });
  EXPECT_GE(crew->report().num_recoveries, 1);
  crew = nullptr;
  EXPECT_EQ(near.join(), "");
  EXPECT_EQ(far.join(), "");
}

// Red when libzmq waits for somebody to hear of connections that ended before the greeting.
TEST(Return, ToAMasterThatStartsLater) {
  Link link(kPort);
  Joining far(joining(link.port()));
  std::this_thread::sleep_for(500ms);
  std::unique_ptr<Crew> crew;
  EXPECT_NO_THROW(crew = make_zmq_crew(waiting(1)));
  crew = nullptr;
  EXPECT_EQ(far.join(), "");
}

// Red when a worker that was stopped for longer than its master bears ends instead of coming back.
TEST(Return, AStoppedProcessThatGoesOn) {
  ChildWorker one({{kWorker, endpoint()}}), two({{kWorker, endpoint()}});
  std::shared_ptr<RecoveringCrew> crew = make_recovering_crew(make_zmq_crew(waiting(2)));
  std::jthread later;
  expect_same_life(crew, 40, [&](int ms) {
    if (ms != 20) return;
    ::kill(one.process(), SIGSTOP);
    later = std::jthread([&] {
      std::this_thread::sleep_for(kLong);
      ::kill(one.process(), SIGCONT);
    });
  });
  later.join();
  EXPECT_GE(crew->report().num_recoveries, 1);
  EXPECT_TRUE(one.runs()) << one.how();
  crew = nullptr;
  for (ChildWorker* worker : {&one, &two}) {
    worker->finish(10'000);
    EXPECT_EQ(worker->how(), "ended with exit code 0");
  }
}

/// Whether somebody listens at a port of this machine.
bool is_taken(int port) {
  zmq::context_t context;
  zmq::socket_t socket(context, zmq::socket_type::pull);
  try {
    socket.bind("tcp://127.0.0.1:" + std::to_string(port));
    return false;
  } catch (const zmq::error_t&) {
    return true;
  }
}

// Red when workers listen elsewhere than at the ports that they were given, or a group that is made
// anew does not get them again.
TEST(Ports, AreThoseThatAFirewallLetsThrough) {
  Link link(kPort);
  WorkerOptions near_options = joining(kPort), far_options = joining(link.port());
  near_options.peer_port = far_options.peer_port =
      std::to_string(kPort + 1) + "-" + std::to_string(kPort + 2);
  Joining near(near_options), far(far_options);
  std::shared_ptr<RecoveringCrew> crew = make_recovering_crew(make_zmq_crew(waiting(2)));
  expect_same_life(crew, 40, [&](int ms) {
    if (ms == 20) link.cut(100ms);
    if (ms % 19 != 0) return;
    EXPECT_TRUE(is_taken(kPort + 1)) << ms;
    EXPECT_TRUE(is_taken(kPort + 2)) << ms;
  });
  EXPECT_GE(crew->report().num_recoveries, 1);
  crew = nullptr;
  EXPECT_EQ(near.join(), "");
  EXPECT_EQ(far.join(), "");
}

TEST(Ports, TooFewAndWrongOnesAreSaid) {
  WorkerOptions options = joining(kPort);
  options.peer_port = std::to_string(kPort + 1);
  options.patience = 3s;  // with a master that is gone
  {
    Joining one(options), two(options);
    try {
      make_zmq_crew(waiting(2));
      ADD_FAILURE();
    } catch (const RunError& error) {
      EXPECT_THAT(error.what(), HasSubstr("no port for other workers is free"));
    }
  }
  for (const char* wrong :
       {"0", "65536", "x", "5570-", "5579-5570", "5570-5579x", "-5570", " 5570"}) {
    options.peer_port = wrong;
    EXPECT_THROW(run_zmq_worker(options), ConfigError) << wrong;
  }
}

// Red when workers that nobody replaces take with them what they knew.
TEST(LastResort, GoesOnFromWhereTheWorkersWere) {
  ZmqCrewOptions options = started(2, false);
  options.join_patience = 300ms;
  auto inner = make_zmq_crew(options);
  const Crew* zmq = inner.get();
  RecoveryOptions recovery;
  recovery.snapshot_interval = 10ms;
  recovery.last_resort = [](int size) { return make_local_crew(size); };
  std::shared_ptr<RecoveringCrew> crew = make_recovering_crew(std::move(inner), recovery);
  expect_same_life(crew, 60, [&](int ms) {
    if (ms != 33) return;
    EXPECT_EQ(crew->given_up(), "");
    ::kill(worker_processes(*zmq)[1], SIGKILL);
  });
  EXPECT_THAT(crew->given_up(), HasSubstr("not all workers joined within 0.3 s"));
}

// Red when a worker waits for a master that is gone for longer than it was told to.
TEST(Return, PatienceEnds) {
  Link link(kPort);
  WorkerOptions options = joining(link.port());
  options.patience = 1s;
  Joining worker(options);
  const auto crew = make_zmq_crew(waiting(1));
  link.cut(60s);
  EXPECT_THAT(worker.join(), HasSubstr("the master is gone: no answer within 1 s"));
}

// Red when the place of a worker that is gone before all have joined stays taken.
TEST(Return, APlaceIsFreeAgainWhileOthersAreWaitedFor) {
  ChildWorker gone({{kWorker, endpoint()}});
  std::unique_ptr<Joining> one, two;
  std::thread later([&] {
    std::this_thread::sleep_for(1s);
    gone.kill();
    std::this_thread::sleep_for(kLong);
    one = std::make_unique<Joining>(joining(kPort));
    two = std::make_unique<Joining>(joining(kPort));
  });
  std::shared_ptr<Crew> crew;
  EXPECT_NO_THROW(crew = make_zmq_crew(waiting(2)));
  later.join();
  crew = nullptr;
  EXPECT_EQ(one->join(), "");
  EXPECT_EQ(two->join(), "");
}

}  // namespace
}  // namespace noesis

// Workers that are processes: the same bits as one process, whatever happens to them.

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <zmq.hpp>

#include "core/version.hpp"
#include "distributed/greeting.hpp"
#include "distributed/recovering_crew.hpp"
#include "distributed/zmq_crew.hpp"
#include "distributed/zmq_frames.hpp"
#include "distributed/zmq_worker.hpp"
#include "tests/distributed/joining.hpp"
#include "tests/distributed/lives.hpp"
#include "tests/distributed/processes.hpp"

namespace noesis {

const char* const testing::kWorker = NOESIS_BINARY_DIR "/tests/distributed/distributed_worker";

namespace {

using namespace noesis::testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Red when anything that crosses a process is lost, cut or put in another order.
TEST(Hemispheres, TwoProcessesHaveTheBitsOfOne) {
  expect_same_life(make_zmq_crew(started(2)), 100, [](int) {});
}
TEST(Hemispheres, FourProcessesHaveTheBitsOfOne) {
  expect_same_life(make_zmq_crew(started(4)), 60, [](int) {});
}

// Red when workers of different kinds do not find together.
TEST(Hemispheres, OneOnADeviceHasTheBitsOfOne) {
  ZmqCrewOptions options = started(2);
  options.worker_command = [second = false](const std::string& endpoint,
                                            const std::string& token) mutable {
    ChildCommand command{{kWorker, endpoint, token}};
    if (second) command.words.emplace_back("emulated");
    second = true;
    return command;
  };
  expect_same_life(make_zmq_crew(options), 60, [](int) {});
}

TEST(Hemispheres, AdaptiveStepsHaveTheBitsOfOne) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = make_brain({});
  const BrainSpec spec = make_spec("rate", "dopri5");
  const std::shared_ptr<Crew> crew = make_zmq_crew(started(3));
  Simulation<double> whole({brain}, spec, {3}, arena);
  Simulation<double> split({brain}, spec, {3}, arena, split_over<double>(crew));
  whole.advance_to(30);
  split.advance_to(30);
  EXPECT_TRUE(same_bits(whole.state(), split.state()));
}

// Red when a loss is not noticed within two seconds, or what a worker knew is not brought back.
TEST(Hemispheres, SurviveKillsAndStops) {
  auto inner = make_zmq_crew(started(2));
  Crew* const zmq = inner.get();
  RecoveryOptions recovery;
  recovery.snapshot_interval = 30ms;
  std::shared_ptr<RecoveringCrew> crew = make_recovering_crew(std::move(inner), recovery);
  int faults = 0;
  expect_same_life(crew, 90, [&](int ms) {
    if (ms % 22 != 0) return;
    const int process = worker_processes(*zmq)[static_cast<std::size_t>(faults % 2)];
    ASSERT_GT(process, 0);
    ::kill(process, faults % 2 == 0 ? SIGKILL : SIGSTOP);
    ++faults;
  });
  EXPECT_EQ(crew->report().num_recoveries, faults);
  EXPECT_GT(crew->report().num_snapshots, 0);
  // Noticed within 2 s, and as long again to bring another up on a busy machine.
  EXPECT_LT(crew->report().recovery_s / faults, 20);
}

TEST(Hemispheres, ALostWorkerIsAnErrorWithoutRecovery) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = make_brain({});
  const std::shared_ptr<Crew> crew = make_zmq_crew(started(2));
  Simulation<double> split({brain}, make_spec("rate", "heun"), {3}, arena,
                           split_over<double>(crew));
  split.advance_to(2);
  const int process = worker_processes(*crew)[1];
  ASSERT_GT(process, 0);
  ::kill(process, SIGKILL);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THROW(split.advance_to(4), WorkerLost);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

// Red when the handshake lets in who does not fit, or says no without its reason.
TEST(Hemispheres, RefuseWhatDoesNotFitWithTheReason) {
  WorkerOptions other_config = joining(kPort), other_connectome = joining(kPort);
  other_config.config_digest = "configuration-b";
  other_connectome.connectome_digest = "connectome-b";
  Joining wrong_config(other_config), wrong_connectome(other_connectome);
  WorkerOptions fits = joining(kPort);
  fits.config_digest = "configuration-a";
  std::unique_ptr<Joining> right;
  std::thread later([&] {
    std::this_thread::sleep_for(1500ms);
    right = std::make_unique<Joining>(fits);
  });
  auto crew = make_zmq_crew(waiting(1));
  later.join();
  EXPECT_THAT(wrong_config.join(), HasSubstr("expects the configuration configuration-b"));
  EXPECT_THAT(wrong_connectome.join(), HasSubstr("expects the connectome connectome-b"));
  crew = nullptr;
  EXPECT_EQ(right->join(), "");
}

TEST(Hemispheres, AWorkerTooManyIsTold) {
  Joining first(joining(kPort));
  auto crew = make_zmq_crew(waiting(1));
  Joining second(joining(kPort));
  // The master answers while it waits for its workers.
  std::string what;
  for (int turn = 0; turn < 20; ++turn) {
    crew->call(WireType::kReset, {{}});
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_THAT(second.join(), HasSubstr("all 1 places are taken"));
  crew = nullptr;
  EXPECT_EQ(first.join(), "");
}

TEST(Hemispheres, AnotherVersionIsRefused) {
  Identity master = own_identity(), worker = own_identity();
  EXPECT_EQ(misfit(master, worker), "");
  worker.version = "0.0.1";
  EXPECT_THAT(misfit(master, worker), HasSubstr("the worker is noesis 0.0.1"));
}

TEST(Hemispheres, APortInUseAndAPublicOneAreRefused) {
  zmq::context_t context;
  zmq::socket_t taken(context, zmq::socket_type::router);
  taken.bind("tcp://127.0.0.1:" + std::to_string(kPort));
  try {
    make_zmq_crew(waiting(1));
    FAIL();
  } catch (const RunError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the port is in use"));
  }
  ZmqCrewOptions open = waiting(1);
  open.bind = "tcp://0.0.0.0:" + std::to_string(kPort + 1);
  EXPECT_THROW(make_zmq_crew(open), ConfigError);
}

TEST(Hemispheres, NobodyThereIsSaidInTime) {
  WorkerOptions lonely = joining(kPort + 2);
  lonely.patience = 500ms;
  try {
    run_zmq_worker(lonely);
    FAIL();
  } catch (const RunError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no master answers there"));
  }
  ZmqCrewOptions options = waiting(2);
  options.join_patience = 300ms;
  EXPECT_THROW(make_zmq_crew(options), RunError);
}

// Red when a stranger's bytes stop a run, reach a state, or cost memory.
TEST(Hemispheres, GarbageIsNoHarm) {
  auto inner = make_zmq_crew([&] {
    ZmqCrewOptions options = started(2);
    options.bind = "tcp://127.0.0.1:" + std::to_string(kPort + 3);
    return options;
  }());
  std::shared_ptr<RecoveringCrew> crew = make_recovering_crew(std::move(inner));
  zmq::context_t context;
  zmq::socket_t stranger(context, zmq::socket_type::dealer);
  stranger.set(zmq::sockopt::linger, 0);
  stranger.connect("tcp://127.0.0.1:" + std::to_string(kPort + 3));
  RandomSequence random(4, Stream::kTask);
  expect_same_life(crew, 50, [&](int ms) {
    Bytes bytes;
    for (int k = 0; k < 200; ++k) bytes.push_back(static_cast<std::byte>(random.below(256)));
    std::array<std::byte, kHeaderBytes> header;
    FrameHeader frame;
    frame.type = static_cast<WireType>(ms % 100);
    frame.sender = ms % 3;
    frame.epoch = 1;
    frame.step = static_cast<std::uint64_t>(ms);
    write_header(frame, bytes, header);
    if (ms % 2 == 0) header[static_cast<std::size_t>(ms) % kHeaderBytes] ^= std::byte{4};
    stranger.send(zmq::buffer(header), zmq::send_flags::sndmore);
    stranger.send(zmq::buffer(bytes),
                  ms % 5 == 0 ? zmq::send_flags::sndmore : zmq::send_flags::none);
    if (ms % 5 == 0) stranger.send(zmq::buffer(bytes), zmq::send_flags::none);
  });
}

// Red when keys are not asked for, or workers with keys do not reach each other.
TEST(Hemispheres, WithKeysOnlyThoseWhoHaveThemJoin) {
  const auto [master_public, master_secret] = make_worker_keys();
  const auto [worker_public, worker_secret] = make_worker_keys();
  const auto [other_public, other_secret] = make_worker_keys();
  ZmqCrewOptions options = waiting(2);
  options.keys = {master_public, master_secret, {worker_public}};
  WorkerOptions known = joining(kPort), unknown = joining(kPort), bare = joining(kPort);
  known.keys = {master_public, worker_public, worker_secret};
  unknown.keys = {master_public, other_public, other_secret};
  unknown.patience = bare.patience = 2s;
  Joining stranger(unknown), without(bare);
  Joining a(known), b(known);
  std::shared_ptr<Crew> crew = make_zmq_crew(options);
  expect_same_life(crew, 30, [](int) {});
  EXPECT_THAT(stranger.join(), HasSubstr("no master answers"));
  EXPECT_THAT(without.join(), HasSubstr("no master answers"));
  crew = nullptr;
  EXPECT_EQ(a.join(), "");
  EXPECT_EQ(b.join(), "");
}

}  // namespace
}  // namespace noesis

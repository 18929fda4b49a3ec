// A hundred faults over one trajectory: workers killed, stopped, their connections reset, and
// garbage sent to everybody. The run ends with the bits of an undisturbed one.

#include <signal.h>

#include <array>
#include <cstdio>
#include <sstream>
#include <zmq.hpp>

#include "distributed/protocol.hpp"
#include "distributed/recovering_crew.hpp"
#include "tests/distributed/lives.hpp"
#include "tests/distributed/processes.hpp"

namespace noesis {

const char* const testing::kWorker = NOESIS_BINARY_DIR "/tests/distributed/distributed_worker";

namespace {

using namespace noesis::testing;
using namespace std::chrono_literals;

std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 4096> buffer;
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) text += buffer.data();
  ::pclose(pipe);
  return text;
}

struct Connection {
  std::string local, peer;  ///< ports
};

std::string port_of(const std::string& address) { return address.substr(address.rfind(':') + 1); }

std::vector<Connection> connections_of(int process) {
  std::vector<Connection> all;
  std::istringstream lines(output_of("ss -tnpH state established"));
  std::string line;
  while (std::getline(lines, line)) {
    if (line.find("pid=" + std::to_string(process) + ",") == std::string::npos) continue;
    std::istringstream words(line);
    std::string received, sent, local, peer;
    words >> received >> sent >> local >> peer;
    all.push_back({port_of(local), port_of(peer)});
  }
  return all;
}

// Red when any fault leaves a bit behind, or is not recovered from.
TEST(Chaos, AHundredFaultsLeaveNoBitBehind) {
  ZmqCrewOptions options = started(3);
  int losses = 0;
  options.on_loss = [&](const std::string&) { ++losses; };
  auto inner = make_zmq_crew(options);
  Crew* const zmq = inner.get();
  RecoveryOptions recovery;
  recovery.snapshot_interval = 500ms;
  std::shared_ptr<RecoveringCrew> crew = make_recovering_crew(std::move(inner), recovery);
  RandomSequence random(17, Stream::kTask);
  zmq::context_t context;
  int kills = 0, stops = 0, resets = 0, garbage = 0;
  const auto some_process = [&] {
    const std::vector<int> all = worker_processes(*zmq);
    return all[random.below(all.size())];
  };
  const auto send_garbage = [&](const std::string& port) {
    zmq::socket_t socket(
        context, random.uniform() < 0.5 ? zmq::socket_type::push : zmq::socket_type::dealer);
    socket.set(zmq::sockopt::linger, 200);
    socket.connect("tcp://127.0.0.1:" + port);
    Bytes bytes(1 + random.below(4000));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
    std::array<std::byte, kHeaderBytes> header;
    write_header({WireType::kRates, static_cast<std::int32_t>(random.below(3)),
                  static_cast<std::uint32_t>(random.below(50)), random.below(2000), 0, 0},
                 bytes, header);
    header[random.below(kHeaderBytes)] ^= static_cast<std::byte>(random.below(256));
    socket.send(zmq::buffer(header), zmq::send_flags::sndmore);
    socket.send(zmq::buffer(bytes), zmq::send_flags::none);
  };
  expect_same_life(crew, 300, [&](int ms) {
    if (ms % 3 != 0) return;
    const int process = some_process();
    ASSERT_GT(process, 0);
    switch (ms / 3 % 5) {
      case 0:
      case 1:
        ::kill(process, SIGKILL);
        ++kills;
        break;
      case 2: {
        const std::vector<Connection> all = connections_of(process);
        if (all.empty()) break;
        const Connection& one = all[random.below(all.size())];
        output_of("ss -K sport = :" + one.local + " dport = :" + one.peer);
        ++resets;
        break;
      }
      case 3: {
        const std::vector<Connection> all = connections_of(process);
        if (all.empty()) break;
        send_garbage(all[random.below(all.size())].local);
        ++garbage;
        break;
      }
      default:
        ::kill(process, SIGSTOP);
        ++stops;
        break;
    }
  });
  const RecoveryReport report = crew->report();
  std::printf(
      "%d killed, %d stopped, %d connections reset, %d times garbage; %lld recoveries in "
      "%.1f s, %lld snapshots in %.3f s\n",
      kills, stops, resets, garbage, static_cast<long long>(report.num_recoveries),
      report.recovery_s, static_cast<long long>(report.num_snapshots), report.snapshot_s);
  EXPECT_EQ(kills, 40);
  EXPECT_EQ(stops, 20);
  EXPECT_GE(report.num_recoveries, kills + stops - 5);  // one may hit a worker that is down already
  EXPECT_GE(losses, kills + stops - 5);
}

}  // namespace
}  // namespace noesis

#include "distributed/zmq_worker.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <thread>

#include "core/interrupt.hpp"
#include "distributed/greeting.hpp"
#include "distributed/own_address.hpp"
#include "distributed/worker_brain.hpp"
#include "distributed/zmq_communicator.hpp"
#include "distributed/zmq_frames.hpp"

namespace noesis {
namespace {

using namespace std::chrono_literals;

/// The master was there and is not any more, or does not know this worker any more.
class LinkLost : public RunError {
 public:
  using RunError::RunError;
};

RunError worker_error(std::string what, std::string where, std::string next = {}) {
  return RunError({.what = std::move(what),
                   .where = std::move(where),
                   .got = {},
                   .allowed = {},
                   .next = std::move(next)});
}

constexpr auto kHelloInterval = 2s;       ///< without an answer
constexpr auto kRefusedInterval = 500ms;  ///< after a refusal of who comes again

/// One connection to the master: commands and answers in the caller's thread, heartbeats and a look
/// at the connection in one of its own.
class Worker {
 public:
  Worker(const WorkerOptions& options, const ThreadArena& arena)
      : options_(options),
        arena_(arena),
        monitor_(context_, zmq::socket_type::pair),
        control_(context_, zmq::socket_type::dealer),
        peer_ports_(parse_ports(options.peer_port, "--peer-port")) {}

  ~Worker() {
    is_over_ = true;
    if (pulse_thread_.joinable()) pulse_thread_.join();
    if (communicator_) communicator_->close();
    brain_ = nullptr;
    communicator_ = nullptr;
    zmq_socket_monitor(control_.handle(), nullptr, 0);
  }

  /// `again`: after a link that was lost. @throws LinkLost.
  void run(bool again) {
    // A host that nobody knows is said at once; of one that was known, the network is down.
    if (!again && options_.peer_host.empty()) address_towards(options_.connect);
    connect();
    greet(again);
    pulse_thread_ = std::thread([this] { beat(); });
    while (serve()) {
    }
  }

 private:
  void prepare(zmq::socket_t& socket) const {
    socket.set(zmq::sockopt::linger, 500);
    socket.set(zmq::sockopt::ipv6, options_.connect.find('[') != std::string::npos);
    // The kernel's own patience with a link that is down grows: it is asked anew.
    socket.set(zmq::sockopt::reconnect_ivl, 100);
    socket.set(zmq::sockopt::connect_timeout, 2000);
    socket.set(zmq::sockopt::handshake_ivl, 5000);
    socket.set(zmq::sockopt::heartbeat_ivl, 1000);
    socket.set(zmq::sockopt::heartbeat_timeout, 5000);
    if (!options_.keys) return;
    socket.set(zmq::sockopt::curve_serverkey, options_.keys->master_key);
    socket.set(zmq::sockopt::curve_publickey, options_.keys->public_key);
    socket.set(zmq::sockopt::curve_secretkey, options_.keys->secret_key);
  }

  void connect() {
    prepare(control_);
    if (zmq_socket_monitor(control_.handle(), "inproc://monitor", ZMQ_EVENT_DISCONNECTED) != 0) {
      throw worker_error("the connection cannot be watched", options_.connect);
    }
    // Before anything can happen: libzmq's own thread stands still until somebody hears of it.
    monitor_.connect("inproc://monitor");
    try {
      control_.connect(options_.connect);
    } catch (const zmq::error_t& error) {
      throw ConfigError({.what = std::string("not an address: ") + error.what(),
                         .where = "--connect",
                         .got = options_.connect,
                         .allowed = "tcp://HOST:PORT",
                         .next = {}});
    }
  }

  /// Says hello until the master answers. A master that refuses who comes again may not have
  /// noticed yet that its place is free: it is asked until patience ends.
  void greet(bool again) {
    Hello hello{own_identity(), options_.token, static_cast<std::int64_t>(::getpid())};
    if (options_.devices) hello.identity.instruction_set = options_.devices->name();
    hello.identity.config_digest = options_.config_digest;
    hello.identity.connectome_digest = options_.connectome_digest;
    FrameHeader header;
    header.type = WireType::kHello;
    const auto begin = ZmqClock::now();
    auto next_hello = begin;
    bool is_said = again || options_.is_quiet;
    std::string refusal;
    for (auto now = begin; now < begin + options_.patience; now = ZmqClock::now()) {
      if (interrupt_requested()) throw worker_error("interrupted", "worker");
      was_cut();  // which is tried again by itself
      if (now >= next_hello) {
        send_frame(control_, {}, header, encode_hello(hello));
        next_hello = now + kHelloInterval;
      }
      if (!is_said && now > begin + kHelloInterval) {
        std::fprintf(stderr, "noesis worker: %s does not answer yet; trying for %s\n",
                     options_.connect.c_str(), patience().c_str());
        is_said = true;
      }
      if (!wait_readable(control_, 50ms)) continue;
      std::string peer;
      const std::optional<Incoming> answer =
          receive_frame(control_, false, kMostGreetingBytes, peer);
      if (!answer) continue;
      if (answer->header.type == WireType::kRefuse) {
        refusal = reason_of(answer->bytes());
        if (!again) refused(refusal);
        next_hello = now + kRefusedInterval;
      }
      if (answer->header.type != WireType::kWelcome) continue;
      welcome_ = decode_welcome(answer->bytes());
      const std::string reason = misfit(welcome_.identity, hello.identity);
      if (!reason.empty())
        throw worker_error("the master does not fit: " + reason, options_.connect);
      if (!options_.is_quiet) {
        std::fprintf(stderr, "noesis worker %d of %d: joined %s\n", welcome_.rank + 1,
                     welcome_.size, options_.connect.c_str());
      }
      return;
    }
    if (!refusal.empty()) refused(refusal);
    if (again) {
      throw worker_error("the master is gone: no answer within " + patience(), options_.connect,
                         "start it again with --resume, and this worker");
    }
    throw worker_error("no master answers there within " + patience(), options_.connect,
                       "check host, port and keys, and that `noesis hemisphere master` runs");
  }

  std::string patience() const { return seconds_text(options_.patience); }

  static Bytes encode_hello(const Hello& hello) {
    WireWriter writer;
    writer(hello);
    return writer.take();
  }
  static Welcome decode_welcome(std::span<const std::byte> bytes) {
    WireReader reader(bytes);
    Welcome welcome;
    reader(welcome);
    reader.end();
    return welcome;
  }

  static std::string reason_of(std::span<const std::byte> bytes) {
    WireReader reader(bytes);
    return reader.get_text();
  }

  [[noreturn]] void refused(const std::string& reason) const {
    throw worker_error("the master refuses this worker: " + reason, options_.connect);
  }

  [[noreturn]] void lose_link(std::string what) const {
    throw LinkLost({.what = std::move(what),
                    .where = options_.connect,
                    .got = {},
                    .allowed = {},
                    .next = "start it again with --resume, and this worker"});
  }

  /// Waits for one command and answers it. False at the end.
  bool serve() {
    if (pending_) {  // taken while an exchange was waited for
      const Incoming command = std::move(*pending_);
      pending_ = std::nullopt;
      return obey(command);
    }
    if (!wait_readable(control_, 100ms)) {
      check_master();
      return true;
    }
    std::string peer;
    const std::optional<Incoming> command =
        receive_frame(control_, false, welcome_.most_bytes, peer);
    return !command || obey(*command);
  }

  bool obey(const Incoming& command) {
    const FrameHeader& header = command.header;
    switch (header.type) {
      case WireType::kStop:
        return false;
      case WireType::kRefuse:
        lose_link("the master let this worker go: " + reason_of(command.bytes()));
      case WireType::kWelcome:
        return true;
      case WireType::kReset:
        answer(header, WireType::kDone, {});
        return true;
      default:
        break;
    }
    try {
      Bytes bytes = header.type == WireType::kConnect ? meet_peers(header, command.bytes())
                                                      : do_work(header, command.bytes());
      answer(header, WireType::kDone, std::move(bytes));
    } catch (const ExchangeGivenUp&) {
      check_master();  // or the next command says what is to be done
    } catch (const std::exception& error) {
      answer(header, WireType::kFailed, error_payload(error));
    }
    return true;
  }

  Bytes do_work(const FrameHeader& header, std::span<const std::byte> payload) {
    if (!brain_) throw WireError("a command before CMD_CONNECT", name_of(header.type));
    Bytes answer = brain_->handle(header.type, payload);
    pulse_.num_steps = brain_->num_steps();
    return answer;
  }

  /// A new group: what was there of the old one goes.
  Bytes meet_peers(const FrameHeader& header, std::span<const std::byte> payload) {
    WireReader reader(payload);
    ConnectCommand command;
    reader(command);
    reader.end();
    if (!command.peers.empty()) {
      if (!communicator_) throw WireError("peers without a socket", "CMD_CONNECT");
      communicator_->connect(command.peers);
      brain_ = std::make_unique<WorkerBrain>(*communicator_, arena_, options_.devices.get());
      return {};
    }
    if (communicator_) communicator_->close();
    brain_ = nullptr;
    communicator_ = nullptr;
    communicator_ = std::make_unique<ZmqCommunicator>(
        context_, ZmqCommunicator::Options{.rank = welcome_.rank,
                                           .size = welcome_.size,
                                           .epoch = header.epoch,
                                           .host = options_.peer_host.empty()
                                                       ? address_towards(options_.connect)
                                                       : options_.peer_host,
                                           .ports = peer_ports_,
                                           .encrypted = welcome_.encrypted != 0,
                                           .most_bytes = welcome_.most_bytes,
                                           .is_given_up = [this] { return something_came(); },
                                           .pulse = &pulse_});
    WireWriter writer;
    writer(communicator_->address());
    return writer.take();
  }

  /// While an exchange is waited for: whether the master has something else to say.
  bool something_came() {
    if (wait_readable(control_, 0ms)) {
      std::string peer;
      pending_ = receive_frame(control_, false, welcome_.most_bytes, peer);
      if (pending_) return true;
    }
    return is_master_gone_ || interrupt_requested();
  }

  void answer(const FrameHeader& command, WireType type, Bytes payload) {
    FrameHeader header;
    header.type = type;
    header.sender = welcome_.rank;
    header.epoch = command.epoch;
    header.step = command.step;
    send_frame(control_, {}, header, std::move(payload));
  }

  void check_master() {
    // Its last words come before its end: it may have said stop.
    if (is_master_gone_ && !pending_ && !wait_readable(control_, 0ms)) {
      lose_link("the connection to the master is lost");
    }
    if (interrupt_requested()) throw worker_error("interrupted", "worker");
  }

  /// Whether the connection has ended since the last call, and may have been made again.
  bool was_cut() {
    bool was = false;
    zmq::message_t event, address;
    while (monitor_.recv(event, zmq::recv_flags::dontwait)) {
      was = true;
      if (event.more() && !monitor_.recv(address, zmq::recv_flags::none)) break;
    }
    return was;
  }

  /// Heartbeats, until the end.
  void beat() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    zmq::socket_t socket(context_, zmq::socket_type::dealer);
    prepare(socket);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndhwm, 8);
    socket.connect(options_.connect);
    FrameHeader header;
    header.type = WireType::kHeartbeat;
    header.sender = welcome_.rank;
    while (!is_over_) {
      WireWriter writer;
      writer(Heartbeat{welcome_.session, pulse_.num_steps, pulse_.num_exchanges,
                       static_cast<std::uint8_t>(pulse_.is_waiting ? 1 : 0)});
      send_frame(socket, {}, header, writer.take());
      // A command that comes is not for this thread; the end of the connection is.
      for (int turn = 0; turn * 20 < welcome_.heartbeat_ms && !is_over_; ++turn) {
        if (wait_readable(monitor_, 20ms) && was_cut()) is_master_gone_ = true;
      }
    }
  }

  const WorkerOptions& options_;
  const ThreadArena& arena_;
  zmq::context_t context_;
  zmq::socket_t monitor_;  ///< of control_; the caller's until the welcome, then beat()'s
  zmq::socket_t control_;
  PortRange peer_ports_;
  Welcome welcome_;
  WorkerPulse pulse_;
  std::unique_ptr<ZmqCommunicator> communicator_;
  std::unique_ptr<WorkerBrain> brain_;
  std::optional<Incoming> pending_;
  std::atomic<bool> is_master_gone_{false};
  std::atomic<bool> is_over_{false};
  std::thread pulse_thread_;
};

}  // namespace

void run_zmq_worker(const WorkerOptions& options) {
  // Of a worker that its master started, the master is asked to stop, and tells it.
  std::optional<InterruptScope> interrupts;
  if (options.token.empty()) {
    interrupts.emplace();
  } else {
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
  }
  const ThreadArena arena(options.threads);
  for (bool again = false;; again = true) {
    try {
      Worker worker(options, arena);
      return worker.run(again);
    } catch (const LinkLost& lost) {
      // A worker that its master started is replaced by another.
      if (!options.token.empty() || interrupt_requested()) throw;
      if (options.is_quiet) continue;
      std::fprintf(stderr, "noesis worker: %s; trying to come back for %s\n",
                   lost.parts().what.c_str(), seconds_text(options.patience).c_str());
    }
  }
}

}  // namespace noesis

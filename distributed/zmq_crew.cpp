#include "distributed/zmq_crew.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>

#include "core/curve_door.hpp"
#include "core/interrupt.hpp"
#include "distributed/child_worker.hpp"
#include "distributed/greeting.hpp"
#include "distributed/zmq_frames.hpp"

namespace noesis {
namespace {

using namespace std::chrono_literals;

std::uint64_t random_number() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

/// One place in the crew.
struct Seat {
  std::string peer;  ///< ROUTER's name of the connection; empty: nobody
  std::uint64_t session = 0;
  ZmqClock::time_point last_seen;
  Heartbeat last_beat;
  ZmqClock::time_point last_progress;
  ChildWorker child;
  std::string token;  ///< of the child
  bool is_lost = false;
};

class ZmqCrew final : public Crew {
 public:
  explicit ZmqCrew(ZmqCrewOptions options)
      : options_(std::move(options)),
        door_(context_),
        router_(context_, zmq::socket_type::router),
        identity_(own_identity()),
        seats_(static_cast<std::size_t>(options_.num_workers)) {
    identity_.config_digest = options_.config_digest;
    identity_.connectome_digest = options_.connectome_digest;
    bind();
    if (!options_.is_quiet && options_.num_started < options_.num_workers) {
      std::fprintf(stderr, "noesis hemisphere master: waiting for %d workers at %s\n",
                   options_.num_workers - options_.num_started, endpoint_.c_str());
    }
    fill_seats(true);
    meet();
  }

  ~ZmqCrew() override {
    try {
      FrameHeader header;
      header.type = WireType::kStop;
      for (const Seat& seat : seats_) {
        if (!seat.peer.empty()) {
          send_frame(router_, seat.peer, header, std::span<const std::byte>());
        }
      }
      for (Seat& seat : seats_) seat.child.finish(seat.is_lost ? 0 : 3000);
    } catch (const std::exception&) {
    }
    router_.close();
    door_.close();
  }

  int size() const override { return static_cast<int>(seats_.size()); }
  std::string name() const override {
    return std::to_string(size()) + (size() == 1 ? " worker" : " workers") + " over ZeroMQ";
  }
  std::vector<int> processes() const {
    std::vector<int> all;
    for (const Seat& seat : seats_) all.push_back(seat.child.process());
    return all;
  }

  std::vector<Bytes> call(WireType type, std::vector<Bytes> payloads) override {
    ensure(payloads.size() == seats_.size(), "a payload for each worker");
    ++step_;
    answers_.assign(seats_.size(), std::nullopt);
    error_ = nullptr;
    const auto now = ZmqClock::now();
    for (std::size_t rank = 0; rank < seats_.size(); ++rank) {
      // Heartbeats that came while nobody looked are read now; silence counts from here.
      seats_[rank].last_seen = seats_[rank].last_progress = now;
      FrameHeader header;
      header.type = type;
      header.epoch = epoch_;
      header.step = step_;
      if (!send_frame(router_, seats_[rank].peer, header, std::move(payloads[rank]))) {
        lose(rank, "its connection is gone");
      }
    }
    wait_for_answers(type);
    std::vector<Bytes> answers;
    for (std::optional<Bytes>& answer : answers_) answers.push_back(std::move(*answer));
    return answers;
  }

  void replace_lost() override {
    for (std::size_t rank = 0; rank < seats_.size(); ++rank) {
      Seat& seat = seats_[rank];
      if (!seat.is_lost) continue;
      if (!seat.peer.empty()) refuse(seat.peer, "another worker has taken your place");
      leave(seat);
      seat.child.kill();
      seat.token.clear();
    }
    ++epoch_;
    fill_seats(options_.respawn);
    // Those that stayed give up what they were doing.
    call(WireType::kReset, std::vector<Bytes>(seats_.size()));
    meet();
  }

 private:
  void bind() {
    const auto refuse_bind = [&](std::string what, std::string next) {
      throw RunError({.what = std::move(what),
                      .where = "--bind",
                      .got = options_.bind,
                      .allowed = {},
                      .next = std::move(next)});
    };
    require_address(options_.bind, "--bind");
    if (!is_loopback(options_.bind) && !options_.keys && !options_.insecure) {
      throw ConfigError({.what = "anybody could join at a public address",
                         .where = "--bind",
                         .got = options_.bind,
                         .allowed = {},
                         .next = "bind to tcp://127.0.0.1:PORT, give keys (--curve), or say "
                                 "--insecure"});
    }
    try {
      if (options_.keys) door_.lock(router_, options_.keys->secret_key, options_.keys->workers);
      router_.set(zmq::sockopt::router_mandatory, true);
      router_.set(zmq::sockopt::linger, 500);
      router_.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(options_.most_bytes));
      router_.set(zmq::sockopt::handshake_ivl, 5000);
      router_.set(zmq::sockopt::ipv6, options_.bind.find('[') != std::string::npos);
      router_.bind(options_.bind);
      endpoint_ = router_.get(zmq::sockopt::last_endpoint);
    } catch (const zmq::error_t& error) {
      const bool in_use = error.num() == EADDRINUSE;
      refuse_bind(
          in_use ? "the port is in use" : std::string("cannot listen there: ") + error.what(),
          in_use ? "another master may be running; choose another port"
                 : "give an address of this machine, as tcp://HOST:PORT");
    }
  }

  /// Waits for workers until every seat is taken, having started those that are to be started.
  void fill_seats(bool starts_them) {
    bool waits = false;
    for (std::size_t rank = 0; rank < seats_.size(); ++rank) {
      Seat& seat = seats_[rank];
      if (!seat.peer.empty()) continue;
      if (starts_them && static_cast<int>(rank) < options_.num_started) {
        seat.token = std::to_string(random_number());
        seat.child = ChildWorker(options_.worker_command(endpoint_, seat.token));
      } else {
        waits = waits || seat.is_lost;
      }
    }
    if (waits && !options_.is_quiet) {
      std::fprintf(stderr, "noesis: waiting for another worker at %s\n",
                   address_for_others(endpoint_).c_str());
    }
    const auto begin = ZmqClock::now();
    const auto give_up = begin + options_.join_patience;
    for (Seat& seat : seats_) seat.last_seen = begin;
    while (std::ranges::any_of(seats_, [](const Seat& seat) { return seat.peer.empty(); })) {
      if (interrupt_requested()) throw_missing("interrupted while waiting for workers");
      if (ZmqClock::now() > give_up) {
        throw_missing("not all workers joined within " + seconds_text(options_.join_patience));
      }
      for (Seat& seat : seats_) {
        if (seat.token.empty() || !seat.peer.empty() || seat.child.runs()) continue;
        throw_missing("a worker that was started here ended at once: " + seat.child.how());
      }
      turn(50ms);
      for (Seat& seat : seats_) {
        // Who joined and is gone while others are waited for: the place is free again.
        if (seat.peer.empty() || seat.child.process() >= 0) continue;
        if (ZmqClock::now() - seat.last_seen <= options_.silence) continue;
        refuse(seat.peer, "nothing was heard of you");
        leave(seat);
      }
    }
  }

  /// Whoever had it may come again, and does when told.
  static void leave(Seat& seat) {
    seat.peer.clear();
    seat.session = 0;
  }

  [[noreturn]] void throw_missing(std::string what) const {
    const auto joined =
        std::ranges::count_if(seats_, [](const Seat& seat) { return !seat.peer.empty(); });
    throw RunError({.what = std::move(what),
                    .where = endpoint_,
                    .got = std::to_string(joined) + " workers",
                    .allowed = std::to_string(seats_.size()),
                    .next = "start `noesis hemisphere worker --connect " +
                            address_for_others(endpoint_) + "`"});
  }

  /// Makes a group of the workers: everybody opens a socket, everybody learns of all.
  void meet() {
    const Bytes open = encode_one(ConnectCommand{});
    ConnectCommand command;
    for (const Bytes& answer : call(WireType::kConnect, std::vector<Bytes>(seats_.size(), open))) {
      WireReader reader(answer);
      PeerAddress address;
      reader(address);
      reader.end();
      command.peers.push_back(std::move(address));
    }
    call(WireType::kConnect, std::vector<Bytes>(seats_.size(), encode_one(command)));
  }

  template <class Command>
  static Bytes encode_one(const Command& command) {
    WireWriter writer;
    writer(command);
    return writer.take();
  }

  void wait_for_answers(WireType type) {
    std::optional<ZmqClock::time_point> failed_at;
    const auto is_open = [](const auto& answer) { return !answer.has_value(); };
    while (std::ranges::any_of(answers_, is_open)) {
      turn(20ms);
      if (error_) {
        // The others may still answer; who waits for the one that failed will not.
        if (!failed_at) failed_at = ZmqClock::now();
        if (ZmqClock::now() > *failed_at + 500ms) break;
      }
      const auto now = ZmqClock::now();
      for (std::size_t rank = 0; rank < seats_.size(); ++rank) {
        Seat& seat = seats_[rank];
        if (seat.child.process() >= 0 && !seat.child.runs()) lose(rank, seat.child.how());
        if (now - seat.last_seen > options_.silence) lose(rank, "it is silent");
      }
      if (is_stalled(now)) {
        throw WorkerLost({.what = "all workers wait for rates that do not come",
                          .where = name_of(type),
                          .got = {},
                          .allowed = {},
                          .next = "a connection between workers was cut"});
      }
    }
    if (error_) std::rethrow_exception(error_);
  }

  /// Whether every worker that has not answered has been waiting for a peer, without progress.
  bool is_stalled(ZmqClock::time_point now) const {
    bool any = false;
    for (std::size_t rank = 0; rank < seats_.size(); ++rank) {
      if (answers_[rank]) continue;
      any = true;
      const Seat& seat = seats_[rank];
      if (seat.last_beat.is_waiting == 0 || now - seat.last_progress < options_.silence)
        return false;
    }
    return any;
  }

  [[noreturn]] void lose(std::size_t rank, const std::string& why) {
    seats_[rank].is_lost = true;
    if (!options_.is_quiet) {
      std::fprintf(stderr, "noesis: worker %zu of %zu is lost: %s\n", rank + 1, seats_.size(),
                   why.c_str());
    }
    if (options_.on_loss) options_.on_loss("worker " + std::to_string(rank + 1) + ": " + why);
    throw WorkerLost(
        {.what = "a worker is lost: " + why,
         .where = "worker " + std::to_string(rank + 1) + " of " + std::to_string(seats_.size()),
         .got = {},
         .allowed = {},
         .next = "see --respawn; or resume from the last checkpoint with --resume"});
  }

  /// Reads what has come.
  void turn(std::chrono::milliseconds timeout) {
    std::array<zmq::pollitem_t, 2> items = {{{router_.handle(), 0, ZMQ_POLLIN, 0}, door_.knock()}};
    try {
      zmq::poll(items.data(), options_.keys ? 2 : 1, timeout);
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
      return;
    }
    if ((items[1].revents & ZMQ_POLLIN) != 0) door_.answer();
    if ((items[0].revents & ZMQ_POLLIN) == 0) return;
    for (int count = 0; count < 64; ++count) {
      std::string peer;
      try {
        std::optional<Incoming> incoming = receive_frame(router_, true, options_.most_bytes, peer);
        if (!incoming) return;
        take(std::move(*incoming));
      } catch (const WireError& error) {
        distrust(peer, error.what());
      }
    }
  }

  void take(Incoming incoming) {
    const FrameHeader& header = incoming.header;
    if (header.type == WireType::kHello) return welcome(incoming);
    if (header.type == WireType::kHeartbeat) return note_heartbeat(incoming);
    const std::size_t rank = seat_of(incoming.peer);
    if (rank == seats_.size()) return refuse(incoming.peer, "say hello first");
    seats_[rank].last_seen = ZmqClock::now();
    if (header.epoch != epoch_ || header.step != step_ || rank >= answers_.size()) return;
    if (header.type == WireType::kFailed) {
      if (error_) return;
      try {
        throw_error(incoming.bytes());
      } catch (...) {
        error_ = std::current_exception();
      }
    } else if (header.type == WireType::kDone) {
      const auto bytes = incoming.bytes();
      answers_[rank] = Bytes(bytes.begin(), bytes.end());
    } else {
      throw WireError("not an answer", name_of(header.type));
    }
  }

  std::size_t seat_of(const std::string& peer) const {
    return static_cast<std::size_t>(std::ranges::find(seats_, peer, &Seat::peer) - seats_.begin());
  }

  void note_heartbeat(const Incoming& incoming) {
    WireReader reader(incoming.bytes());
    Heartbeat beat;
    reader(beat);
    reader.end();
    const auto seat = std::ranges::find(seats_, beat.session, &Seat::session);
    if (seat == seats_.end() || beat.session == 0) return;
    const auto now = ZmqClock::now();
    seat->last_seen = now;
    if (beat.num_exchanges != seat->last_beat.num_exchanges || beat.is_waiting == 0) {
      seat->last_progress = now;
    }
    seat->last_beat = beat;
  }

  void welcome(const Incoming& incoming) {
    WireReader reader(incoming.bytes());
    Hello hello;
    reader(hello);
    reader.end();
    const std::string reason = misfit(identity_, hello.identity);
    if (!reason.empty()) return refuse(incoming.peer, reason);
    // A hello that came twice is one worker.
    const std::size_t known = seat_of(incoming.peer);
    if (known < seats_.size()) return send_welcome(known);
    const auto open = std::ranges::find_if(
        seats_, [&](const Seat& seat) { return seat.peer.empty() && seat.token == hello.token; });
    if (open == seats_.end()) {
      return refuse(incoming.peer, "all " + std::to_string(seats_.size()) + " places are taken");
    }
    open->peer = incoming.peer;
    open->session = random_number() | 1;
    open->last_seen = open->last_progress = ZmqClock::now();
    open->last_beat = {};
    open->is_lost = false;
    send_welcome(static_cast<std::size_t>(open - seats_.begin()));
    if (!options_.is_quiet && hello.token.empty()) {
      std::fprintf(stderr, "noesis hemisphere master: worker %td of %zu joined (kernels: %s)\n",
                   open - seats_.begin() + 1, seats_.size(),
                   hello.identity.instruction_set.c_str());
    }
  }

  void send_welcome(std::size_t rank) {
    const Seat& seat = seats_[rank];
    const Welcome welcome{identity_,
                          static_cast<std::int32_t>(rank),
                          static_cast<std::int32_t>(seats_.size()),
                          seat.session,
                          options_.most_bytes,
                          static_cast<std::int32_t>(options_.heartbeat.count()),
                          static_cast<std::uint8_t>(options_.keys ? 1 : 0)};
    FrameHeader header;
    header.type = WireType::kWelcome;
    send_frame(router_, seat.peer, header, encode_one(welcome));
  }

  void refuse(const std::string& peer, const std::string& reason) {
    FrameHeader header;
    header.type = WireType::kRefuse;
    WireWriter writer;
    writer.put(reason);
    send_frame(router_, peer, header, writer.take());
  }

  /// A bad frame ends the connection with who sent it.
  void distrust(const std::string& peer, const std::string& why) {
    if (!options_.is_quiet) std::fprintf(stderr, "noesis: %s\n", why.c_str());
    if (peer.empty()) return;
    refuse(peer, why);
    const std::size_t rank = seat_of(peer);
    if (rank < seats_.size()) lose(rank, why);
  }

  ZmqCrewOptions options_;
  zmq::context_t context_;
  CurveDoor door_;
  zmq::socket_t router_;
  std::string endpoint_;
  Identity identity_;
  std::vector<Seat> seats_;
  std::uint32_t epoch_ = 1;
  std::uint64_t step_ = 0;
  std::vector<std::optional<Bytes>> answers_;  // (num_workers) of the command that is open
  std::exception_ptr error_;
};

}  // namespace

std::unique_ptr<Crew> make_zmq_crew(ZmqCrewOptions options) {
  return std::make_unique<ZmqCrew>(std::move(options));
}

std::pair<std::string, std::string> make_worker_keys() {
  CurvePair keys = make_curve_pair();
  return {std::move(keys.public_key), std::move(keys.secret_key)};
}

std::vector<int> worker_processes(const Crew& crew) {
  const auto* const zmq_crew = dynamic_cast<const ZmqCrew*>(&crew);
  return zmq_crew != nullptr ? zmq_crew->processes() : std::vector<int>();
}

}  // namespace noesis

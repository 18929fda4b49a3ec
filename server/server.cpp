#include "server/server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>
#include <zmq.hpp>

#include "core/curve_door.hpp"
#include "core/error.hpp"
#include "env/registry.hpp"
#include "server/workers.hpp"

namespace noesis {
namespace {

using namespace std::chrono_literals;
constexpr int kMostAtOnce = 64;           ///< messages read before answers are sent
constexpr std::size_t kCopied = 1 << 14;  ///< smaller frames are copied, larger ones shared [bytes]

[[noreturn]] void refuse(std::string what, std::string got, std::string next) {
  throw ConfigError({.what = std::move(what),
                     .where = "bind",
                     .got = std::move(got),
                     .allowed = {},
                     .next = std::move(next)});
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(ServerOptions options)
      : options_(checked(std::move(options))),
        dispatcher_(options_.dispatcher, ServerClock::now()),
        door_(context_),
        router_(context_, zmq::socket_type::router),
        workers_(options_.threads > 0
                     ? options_.threads
                     : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()))) {
    set_up_router();
    publish(ServerClock::now());
    thread_ = std::thread([this] { serve(); });
  }
  ~Impl() {
    stop(0ms);
    router_.close();
    door_.close();
  }

  const std::string& endpoint() const { return endpoint_; }
  ServerStatus status() const {
    const std::lock_guard lock(status_mutex_);
    return status_;
  }
  bool stop(std::chrono::milliseconds most) {
    const std::lock_guard lock(stop_mutex_);
    if (thread_.joinable()) {
      stop_at_ = (ServerClock::now() + most).time_since_epoch().count();
      stopping_ = true;
      workers_.wake();
      thread_.join();
    }
    return in_flight_ == 0;
  }

 private:
  /// Bytes of answers that the socket holds for a client.
  using Unread = std::shared_ptr<std::atomic<std::size_t>>;

  static ServerOptions checked(ServerOptions options);
  void set_up_router();
  void serve();
  bool turn(ServerClock::time_point& next_tick);
  void read_messages();
  void finish_jobs();
  void start_jobs();
  void send_answers();
  bool send(const Answer& answer);
  zmq::message_t shared_message(const FramesPtr& frames, const Unread& unread) const;
  void publish(ServerClock::time_point now);

  ServerOptions options_;
  Dispatcher dispatcher_;
  zmq::context_t context_;
  CurveDoor door_;
  zmq::socket_t router_;
  Workers workers_;
  std::string endpoint_;
  Answers answers_;
  std::map<Peer, Unread> unread_;
  int in_flight_ = 0;  ///< jobs at the workers
  mutable std::mutex status_mutex_;
  ServerStatus status_;
  std::mutex stop_mutex_;
  std::atomic<bool> stopping_ = false;
  std::atomic<ServerClock::rep> stop_at_ = 0;
  std::thread thread_;
};

ServerOptions Server::Impl::checked(ServerOptions options) {
  require_address(options.bind, "--bind");
  if (!is_loopback(options.bind) && !options.keys && !options.insecure) {
    refuse("anybody could connect to a public endpoint", options.bind,
           "bind to tcp://127.0.0.1:PORT, give keys (--curve), or say --insecure");
  }
  require(options.threads >= 0, "an impossible number of threads", "threads", options.threads,
          "0 (all) or more");
  const std::string& env = options.dispatcher.session.default_env;
  if (!env.empty() && !options.dispatcher.session.make_env)
    env_spec(env);  // refuses an unknown one
  return options;
}

void Server::Impl::set_up_router() {
  const DispatcherOptions& limits = options_.dispatcher;
  const int heartbeat = static_cast<int>(limits.heartbeat.count());
  // Answers of all sessions may wait for one client; more than that is one who does not read.
  const auto most_answers = static_cast<int>(limits.window * limits.max_sessions + kMostAtOnce);
  try {
    if (options_.keys) door_.lock(router_, options_.keys->secret_key, options_.keys->clients);
    router_.set(zmq::sockopt::router_mandatory, true);
    router_.set(zmq::sockopt::linger, 500);
    router_.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(kMostMessageBytes));
    router_.set(zmq::sockopt::sndhwm, most_answers);
    router_.set(zmq::sockopt::rcvhwm, kMostAtOnce);
    router_.set(zmq::sockopt::heartbeat_ivl, heartbeat);
    router_.set(zmq::sockopt::heartbeat_timeout, 5 * heartbeat);
    router_.set(zmq::sockopt::handshake_ivl, 5000);
    router_.set(zmq::sockopt::backlog, 1024);
    router_.set(zmq::sockopt::ipv6, options_.bind.find('[') != std::string::npos);
    router_.bind(options_.bind);
    endpoint_ = router_.get(zmq::sockopt::last_endpoint);
  } catch (const zmq::error_t& error) {
    refuse(std::string("cannot listen there: ") + error.what(), options_.bind,
           "another server may be running; choose another port");
  }
}

void Server::Impl::serve() {
  block_signals();
  auto next_tick = ServerClock::now();
  while (true) {
    try {
      if (turn(next_tick)) return;
    } catch (const std::bad_alloc&) {
      answers_.clear();  // they are kept for clients that ask again
    }
  }
}

/// Waits for something to do and does it. True when the server has come to its end.
bool Server::Impl::turn(ServerClock::time_point& next_tick) {
  std::array<zmq::pollitem_t, 3> items = {{{router_.handle(), 0, ZMQ_POLLIN, 0},
                                           {nullptr, workers_.done_fd(), ZMQ_POLLIN, 0},
                                           door_.knock()}};
  try {
    zmq::poll(items.data(), options_.keys ? 3 : 2, 50ms);
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw;
  }
  if ((items[2].revents & ZMQ_POLLIN) != 0) door_.answer();
  if ((items[1].revents & ZMQ_POLLIN) != 0) finish_jobs();
  if ((items[0].revents & ZMQ_POLLIN) != 0) read_messages();
  start_jobs();
  const auto now = ServerClock::now();
  if (now >= next_tick) {
    dispatcher_.tick(now, answers_);
    std::erase_if(unread_, [](const auto& entry) { return *entry.second == 0; });
    next_tick = now + 200ms;
  }
  send_answers();
  if (now + 200ms == next_tick) publish(now);
  if (!stopping_) return false;
  dispatcher_.drain();
  if (!dispatcher_.idle() && now.time_since_epoch().count() < stop_at_) return false;
  dispatcher_.say_farewell(answers_);
  send_answers();
  publish(now);
  return true;
}

void Server::Impl::read_messages() {
  for (int count = 0; count < kMostAtOnce; ++count) {
    zmq::message_t peer;
    if (!router_.recv(peer, zmq::recv_flags::dontwait)) return;
    // One frame more than a message may have is kept, so that the dispatcher sees it.
    std::array<zmq::message_t, 3> frames;
    std::array<std::string_view, 3> views;
    std::size_t used = 0;
    bool more = peer.more();
    while (more) {
      zmq::message_t frame;
      if (!router_.recv(frame, zmq::recv_flags::none)) break;
      more = frame.more();
      if (used == frames.size()) continue;
      frames[used] = std::move(frame);
      views[used] = frames[used].to_string_view();
      ++used;
    }
    dispatcher_.receive(peer.to_string(), std::span(views).first(used), ServerClock::now(),
                        answers_);
  }
}

void Server::Impl::finish_jobs() {
  for (Job& job : workers_.take_done()) {
    --in_flight_;
    dispatcher_.finish(std::move(job), ServerClock::now(), answers_);
  }
}

void Server::Impl::start_jobs() {
  // A few more than there are workers, so that none waits for this thread; not all, so that turns
  // are given late and fairly.
  while (in_flight_ < 2 * workers_.num_threads()) {
    std::optional<Job> job = dispatcher_.take_job();
    if (!job) return;
    if (in_flight_ == 0 && !dispatcher_.has_job() && job->is_short()) {
      // Nobody else waits: handing it over and back would take longer than this client's step.
      job->run();
      dispatcher_.finish(std::move(*job), ServerClock::now(), answers_);
      return;
    }
    ++in_flight_;
    workers_.submit(std::move(*job));
  }
}

void Server::Impl::send_answers() {
  for (const Answer& answer : std::exchange(answers_, {})) {
    if (!send(answer)) dispatcher_.drop(answer.peer);
  }
}

zmq::message_t Server::Impl::shared_message(const FramesPtr& frames, const Unread& unread) const {
  struct Hold {
    FramesPtr frames;
    Unread unread;
  };
  *unread += frames->data.size();
  // libzmq never writes to what it sends.
  return zmq::message_t(
      const_cast<char*>(frames->data.data()), frames->data.size(),
      [](void*, void* hint) {
        const std::unique_ptr<Hold> hold(static_cast<Hold*>(hint));
        *hold->unread -= hold->frames->data.size();
      },
      new Hold{frames, unread});
}

/// False when the peer does not read its answers or, asked by a probe, is gone. An answer to a peer
/// that is gone is dropped: it is kept for the client that comes back for it.
bool Server::Impl::send(const Answer& answer) {
  const Frames& frames = *answer.frames;
  Unread unread;
  if (frames.data.size() > kCopied) {
    unread = unread_.try_emplace(answer.peer, std::make_shared<std::atomic<std::size_t>>(0))
                 .first->second;
    if (*unread > options_.most_unread_bytes) return false;
  }
  try {
    const auto flags = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
    if (!router_.send(zmq::buffer(answer.peer), flags)) return false;
    const bool has_data = !frames.data.empty();
    router_.send(zmq::buffer(frames.head), has_data ? flags : zmq::send_flags::dontwait);
    if (unread) {
      router_.send(shared_message(answer.frames, unread), zmq::send_flags::dontwait);
    } else if (has_data) {
      router_.send(zmq::buffer(frames.data), zmq::send_flags::dontwait);
    }
    return true;
  } catch (const zmq::error_t& error) {
    if (error.num() == EHOSTUNREACH) return !answer.is_probe;
    throw;
  }
}

void Server::Impl::publish(ServerClock::time_point now) {
  const ServerStatus status = dispatcher_.status(now);
  const std::lock_guard lock(status_mutex_);
  status_ = status;
}

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Server::~Server() = default;
const std::string& Server::endpoint() const { return impl_->endpoint(); }
ServerStatus Server::status() const { return impl_->status(); }
bool Server::stop(std::chrono::milliseconds most) { return impl_->stop(most); }

}  // namespace noesis

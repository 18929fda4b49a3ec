#pragma once
/// Who may do what next: sessions, their clients, sequence numbers, leases and turns. Knows neither
/// sockets nor threads: bytes and the time go in, answers and jobs come out.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/session.hpp"
#include "server/statistics.hpp"

namespace noesis {

struct DispatcherOptions {
  SessionOptions session;
  std::int64_t max_sessions = 64;
  std::int64_t window = 4;  ///< requests of a session in flight, and answers kept for it
  /// After this silence a client's connection is looked at; one that is gone loses its sessions.
  std::chrono::milliseconds lease{30'000};
  /// After this silence sessions are taken even from a client that is still connected.
  std::chrono::milliseconds most_idle{3'600'000};
  std::chrono::milliseconds heartbeat{1000};           ///< of connections; told to clients
  std::size_t most_held_bytes = std::size_t{1} << 30;  ///< of requests that wait and answers kept
};

/// The name of a connection, chosen by the socket.
using Peer = std::string;

struct Answer {
  Peer peer;
  FramesPtr frames;
  bool is_probe = false;  ///< only asks whether the peer is there
};
using Answers = std::vector<Answer>;

/// A request of a session whose turn it is. Any thread may run it; no two of one session are out
/// at once.
struct Job {
  std::uint64_t session_id = 0;
  std::shared_ptr<Session> session;
  std::shared_ptr<const Message> request;
  FramesPtr answer;  ///< null when there is more to do
  /// Whether it would take less than handing it to another thread is worth.
  bool is_short() const {
    return request->type() == MessageType::kStep &&
           session->step_cost() < std::chrono::microseconds(200);
  }
  void run() { answer = session->advance(*request); }
};

/// Not thread-safe: belongs to the thread with the socket.
class Dispatcher {
 public:
  using TimePoint = ServerClock::time_point;
  Dispatcher(DispatcherOptions options, TimePoint now);

  /// A message of a peer, whatever bytes it is. Never throws but for lack of memory.
  void receive(const Peer& peer, std::span<const std::string_view> frames, TimePoint now,
               Answers& answers);
  /// The next job in turn: sessions take turns, one step each.
  std::optional<Job> take_job();
  bool has_job() const { return !ready_.empty(); }
  void finish(Job job, TimePoint now, Answers& answers);
  /// To be called several times a second: leases.
  void tick(TimePoint now, Answers& answers);
  /// The peer is gone, or does not read what it is sent: its sessions are closed.
  void drop(const Peer& peer);

  /// From now on nothing new is begun.
  void drain() { draining_ = true; }
  /// To everybody who has a session: the server is gone from here on.
  void say_farewell(Answers& answers) const;
  /// Whether nothing waits or runs.
  bool idle() const;
  ServerStatus status(TimePoint now) const;

 private:
  struct Waiting {
    std::shared_ptr<const Message> request;
    TimePoint received;
  };
  struct Kept {
    std::uint64_t seq;
    FramesPtr answer;
  };
  struct Entry {
    std::string token;
    Peer peer;
    std::shared_ptr<Session> session;
    std::uint64_t next_seq = 1;   ///< of the next request that is new
    std::deque<Waiting> waiting;  ///< the first one may be running
    std::deque<Kept> kept;        ///< the last answers, oldest first
    bool running = false;
    bool closed = false;        ///< ends with the job that runs
    std::int64_t num_envs = 0;  ///< 0 until it is made
    std::int64_t steps_counted = 0;
  };
  struct Client {
    TimePoint heard;    ///< its last message
    TimePoint look_at;  ///< when its connection is to be looked at
    std::int64_t sessions = 0;
  };
  using Entries = std::map<std::uint64_t, Entry>;

  void serve(const Peer& peer, Message message, TimePoint now, Answers& answers);
  FramesPtr welcome(const Message& request) const;
  FramesPtr catalogue(const Message& request) const;
  void make(const Peer& peer, Message message, TimePoint now, Answers& answers);
  void resume(const Peer& peer, const Message& message, TimePoint now, Answers& answers);
  void close(const Peer& peer, const Message& message, Answers& answers);
  void enqueue(const Peer& peer, Message message, TimePoint now, Answers& answers);
  void bind(Entry& entry, const Peer& peer, TimePoint now);
  void unbind(Entry& entry);
  void remove(Entries::iterator entry);
  void keep(Entry& entry, std::uint64_t seq, FramesPtr answer);
  Entries::iterator find_token(const std::string& token);
  double retry_after_s(TimePoint now) const;

  DispatcherOptions options_;
  std::uint64_t last_id_ = 0;
  Entries entries_;
  std::map<Peer, Client> clients_;
  std::deque<std::uint64_t> ready_;  ///< sessions with a request that waits and none that runs
  bool draining_ = false;
  std::size_t held_bytes_ = 0;
  TimePoint start_;
  RecentSpeed speed_;
  ServerStatus totals_;  ///< its counters
};

}  // namespace noesis

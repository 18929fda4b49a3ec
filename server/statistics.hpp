#pragma once
/// What a server has done so far and how fast it is.

#include <chrono>
#include <cstdint>
#include <vector>

#include "server/field.hpp"

namespace noesis {

using ServerClock = std::chrono::steady_clock;

/// A snapshot, as STATS and the status line tell it.
struct ServerStatus {
  double uptime_s = 0;
  std::int64_t clients = 0;  ///< connections that hold a session
  std::int64_t sessions = 0;
  std::int64_t envs = 0;
  std::int64_t env_steps = 0;   ///< of single environments, since the start
  double env_steps_per_s = 0;   ///< of the last seconds
  std::int64_t requests = 0;    ///< messages received, malformed ones too
  std::int64_t errors = 0;      ///< answered by an ERROR
  std::int64_t dropped = 0;     ///< sessions taken from clients that were gone or did not read
  std::int64_t held_bytes = 0;  ///< of requests that wait and answers that are kept
  double latency_p50_us = 0;    ///< from a request's arrival to its answer, of recent requests
  double latency_p95_us = 0;
  double latency_p99_us = 0;
  bool draining = false;
  std::int64_t clients_came = 0;  ///< since the start; these two are for logs, not in STATS
  std::int64_t clients_gone = 0;
};
FieldMap status_fields(const ServerStatus& status);

/// Rates and percentiles of the recent past. Not thread-safe.
class RecentSpeed {
 public:
  explicit RecentSpeed(ServerClock::time_point now) : marks_{{now, 0}} {}
  void add_latency(ServerClock::duration latency);
  /// To be called now and then with the steps since the start.
  void mark(ServerClock::time_point now, std::int64_t env_steps);
  void write(ServerStatus& status, ServerClock::time_point now) const;

 private:
  static constexpr std::size_t kMostLatencies = 4096;
  static constexpr std::chrono::seconds kWindow{5};
  struct Mark {
    ServerClock::time_point time;
    std::int64_t env_steps;
  };
  std::vector<Mark> marks_;          ///< of the last kWindow
  std::vector<float> latencies_us_;  ///< a ring of the last kMostLatencies
  std::size_t next_ = 0;
};

}  // namespace noesis

#include "server/statistics.hpp"

#include <algorithm>

namespace noesis {
namespace {

double seconds(ServerClock::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

FieldMap status_fields(const ServerStatus& status) {
  return {{"uptime_s", status.uptime_s},
          {"clients", status.clients},
          {"sessions", status.sessions},
          {"envs", status.envs},
          {"env_steps", status.env_steps},
          {"env_steps_per_s", status.env_steps_per_s},
          {"requests", status.requests},
          {"errors", status.errors},
          {"dropped", status.dropped},
          {"held_bytes", status.held_bytes},
          {"latency_p50_us", status.latency_p50_us},
          {"latency_p95_us", status.latency_p95_us},
          {"latency_p99_us", status.latency_p99_us},
          {"draining", status.draining}};
}

void RecentSpeed::add_latency(ServerClock::duration latency) {
  const auto us = static_cast<float>(1e6 * seconds(latency));
  if (latencies_us_.size() < kMostLatencies) {
    latencies_us_.push_back(us);
  } else {
    latencies_us_[next_++ % kMostLatencies] = us;
  }
}

void RecentSpeed::mark(ServerClock::time_point now, std::int64_t env_steps) {
  marks_.push_back({now, env_steps});
  const auto old = [&](const Mark& mark) { return now - mark.time > kWindow; };
  marks_.erase(marks_.begin(), std::find_if_not(marks_.begin(), marks_.end() - 1, old));
}

void RecentSpeed::write(ServerStatus& status, ServerClock::time_point now) const {
  const double span = seconds(now - marks_.front().time);
  const auto steps = static_cast<double>(status.env_steps - marks_.front().env_steps);
  status.env_steps_per_s = span > 0 ? steps / span : 0;
  if (latencies_us_.empty()) return;
  std::vector<float> sorted = latencies_us_;
  std::sort(sorted.begin(), sorted.end());
  const auto percentile = [&](double p) {
    return double{sorted[static_cast<std::size_t>(p * static_cast<double>(sorted.size() - 1))]};
  };
  status.latency_p50_us = percentile(0.50);
  status.latency_p95_us = percentile(0.95);
  status.latency_p99_us = percentile(0.99);
}

}  // namespace noesis

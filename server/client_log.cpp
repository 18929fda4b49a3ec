#include "server/client_log.hpp"

#include <array>
#include <cstdio>

namespace noesis {
namespace {

std::string counted(std::int64_t count, const char* one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

}  // namespace

std::string status_text(const ServerStatus& status) {
  std::array<char, 240> text;
  std::snprintf(
      text.data(), text.size(),
      "%lld clients  %lld sessions  %lld envs  %.0f steps/s  latency p50 %.0f us  p95 %.0f "
      "us  p99 %.0f us  %lld errors",
      static_cast<long long>(status.clients), static_cast<long long>(status.sessions),
      static_cast<long long>(status.envs), status.env_steps_per_s, status.latency_p50_us,
      status.latency_p95_us, status.latency_p99_us, static_cast<long long>(status.errors));
  return text.data();
}

std::optional<std::string> ClientLog::line(const ServerStatus& status,
                                           ServerClock::time_point now) {
  const std::int64_t came = status.clients_came - told_.clients_came;
  const std::int64_t gone = status.clients_gone - told_.clients_gone;
  const std::int64_t dropped = status.dropped - told_.dropped;
  if (came + gone + dropped > 0 && !changed_) changed_ = now;
  if (changed_ && now - *changed_ >= kDelay && (!last_ || now - *last_ >= kBetween)) {
    last_ = now;
    changed_.reset();
    told_ = status;
    std::string text = counted(came, "client") + " came, " + std::to_string(gone) + " went";
    if (dropped > 0) text += " (" + counted(dropped, "session") + " of lost ones closed)";
    return text + "; now " + counted(status.clients, "client") + ", " +
           counted(status.sessions, "session") + ", " + counted(status.envs, "environment");
  }
  if (now < next_status_) return std::nullopt;
  next_status_ = now + kStatusEvery;
  if (status.clients == 0) return std::nullopt;
  return status_text(status);
}

}  // namespace noesis

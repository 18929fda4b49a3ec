#include "physics/plasticity/load_monitor.hpp"

#include <cmath>
#include <cstdio>

#include "core/error.hpp"
#include "core/math.hpp"

namespace noesis {
namespace {

std::string text(const char* format, double a, double b) {
  char buffer[160];
  std::snprintf(buffer, sizeof buffer, format, a, b);
  return buffer;
}

}  // namespace

const char* name_of(LoadCommand command) noexcept {
  switch (command) {
    case LoadCommand::kSpawn:
      return "CMD_SPAWN";
    case LoadCommand::kSleep:
      return "CMD_SLEEP";
    case LoadCommand::kNormal:
      break;
  }
  return "CMD_NORMAL";
}

LoadDecision LoadMonitor::decide(const CognitiveLoad& load) {
  require(load.loss >= 0 && std::isfinite(load.loss), "loss out of range", "load monitor",
          load.loss, "a finite number, at least 0");
  ensure(load.time_ms >= time_ms_, "time does not go back");
  const double dt = load.time_ms - time_ms_;
  time_ms_ = load.time_ms;
  fast_ = load.loss + (fast_ - load.loss) * math::exp(-dt / spec_.fast_tau_ms);
  slow_ = load.loss + (slow_ - load.loss) * math::exp(-dt / spec_.slow_tau_ms);

  LoadDecision decision;
  decision.loss = fast_;
  decision.trend = fast_ - slow_;
  decision.capacity = load.num_places > 0 ? static_cast<double>(load.num_alive) /
                                                static_cast<double>(load.num_places)
                                          : 1;
  decision.memory = load.memory_bytes() / (spec_.memory_mib * (1 << 20));
  const auto sleep = [&](std::string reason) {
    if (time_ms_ < sleep_from_ms_) {
      decision.reason = reason + ", but it has slept less than sleep_rest_ms ago";
      return;
    }
    sleep_from_ms_ = time_ms_ + spec_.sleep_rest_ms;
    decision.command = LoadCommand::kSleep;
    decision.reason = std::move(reason);
  };
  if (decision.memory > spec_.memory_limit) {
    sleep(text("memory used is %.3g, above %.3g", decision.memory, spec_.memory_limit));
    return decision;
  }
  if (fast_ <= spec_.loss_limit) {
    decision.reason = text("loss is %.3g, at most %.3g", fast_, spec_.loss_limit);
    return decision;
  }
  if (decision.trend < -spec_.trend_tolerance * fast_) {
    decision.reason = text("loss is %.3g and falls, by %.3g", fast_, -decision.trend);
    return decision;
  }
  const std::string high =
      text("loss is %.3g and does not fall, above %.3g", fast_, spec_.loss_limit);
  if (decision.capacity >= spec_.capacity_limit) {
    sleep(high + text(", and capacity used is %.3g, at least %.3g", decision.capacity,
                      spec_.capacity_limit));
    return decision;
  }
  if (time_ms_ < spawn_from_ms_) {
    decision.reason = high + ", but neurons were born less than spawn_rest_ms ago";
    return decision;
  }
  spawn_from_ms_ = time_ms_ + spec_.spawn_rest_ms;
  decision.command = LoadCommand::kSpawn;
  decision.count = spec_.spawn_count;
  decision.reason = high + text(", and capacity used is %.3g, below %.3g", decision.capacity,
                                spec_.capacity_limit);
  return decision;
}

}  // namespace noesis

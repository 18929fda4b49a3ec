#include "physics/plasticity/sleep_schedule.hpp"

#include <cmath>

#include "core/error.hpp"
#include "core/math.hpp"

namespace noesis {
namespace {

void check(const SleepSpec& spec) {
  const auto check_one = [](bool ok, const char* where, double got, const char* allowed) {
    require(ok && std::isfinite(got), "sleep parameter out of range", where, got, allowed);
  };
  check_one(spec.wake_tau_ms > 0, "wake_tau_ms", spec.wake_tau_ms, "> 0");
  check_one(spec.sleep_tau_ms > 0, "sleep_tau_ms", spec.sleep_tau_ms, "> 0");
  check_one(spec.lower > 0, "lower", spec.lower, "> 0");
  check_one(spec.upper > spec.lower && spec.upper < 1, "upper", spec.upper, "above lower, below 1");
}

}  // namespace

SleepSchedule::SleepSchedule(const SleepSpec& spec) : spec_(spec) { check(spec); }

bool SleepSchedule::advance(double dt, double load) {
  require(dt > 0 && std::isfinite(dt), "sleep step out of range", "dt", dt, "> 0");
  require(load >= 0 && std::isfinite(load), "cognitive load out of range", "load", load, ">= 0");
  const double rest = asleep() ? 0 : 1;
  const double speed = asleep() ? 1 / spec_.sleep_tau_ms : load / spec_.wake_tau_ms;
  pressure_ += (rest - pressure_) * (1 - math::exp(-dt * speed));
  return asleep_.update(pressure_ >= spec_.upper, pressure_ <= spec_.lower);
}

}  // namespace noesis

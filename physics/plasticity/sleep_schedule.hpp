#pragma once
/// When a brain sleeps: the homeostatic process S of the two-process model (Borbely, Hum Neurobiol
/// 1:195, 1982; time constants of Daan, Beersma & Borbely, Am J Physiol 246:R161, 1984). Sleep
/// pressure builds up awake towards 1, at a speed given by the cognitive load, and falls asleep:
///   awake:  S' = load (1 - S) / tau_wake        asleep:  S' = -S / tau_sleep
/// It falls asleep at the upper threshold and wakes at the lower one. The circadian process C,
/// which moves the thresholds by the time of day, has no part in it.
///
/// | parameter | default | unit | range |
/// |---|---|---|---|
/// | wake_tau_ms  | 18200 | ms (published: 18.2 hours, here a second for an hour) | > 0 |
/// | sleep_tau_ms | 4200 | ms | > 0 |
/// | upper     | 0.67 | pressure | (lower, 1) |
/// | lower     | 0.17 | pressure | (0, upper) |

#include "core/config.hpp"
#include "physics/verdict/hysteresis.hpp"

namespace noesis {

struct SleepSpec {
  double wake_tau_ms = 18'200;
  double sleep_tau_ms = 4'200;
  double upper = 0.67;
  double lower = 0.17;
  double reference_rate = 0.1;

  template <class V>
  void visit(V& v) {
    v("wake_tau_ms", wake_tau_ms, "Time constant of pressure awake [ms]", greater_than(0));
    v("sleep_tau_ms", sleep_tau_ms, "Time constant of pressure asleep [ms]", greater_than(0));
    v("upper", upper, "Pressure at which it falls asleep",
      between(0, 1).without_low().without_high());
    v("lower", lower, "Pressure at which it wakes", between(0, 1).without_low());
    v.require(lower < upper, "lower", lower, "less than upper");
    v("reference_rate", reference_rate, "Mean rate that is a load of 1", greater_than(0));
  }
};

/// Not thread-safe.
class SleepSchedule {
 public:
  /// Starts awake, without pressure. @throws ConfigError naming a parameter out of range.
  explicit SleepSchedule(const SleepSpec& spec);

  /// Lets a time dt pass at a cognitive load (1: as published, 0: none; not read asleep), and says
  /// whether the brain sleeps at its end. Thresholds are asked at the ends of steps only, so that
  /// dt should be well below the time constants.
  /// @throws ConfigError when dt is not positive or the load is negative or not finite.
  bool advance(double dt, double load = 1);

  bool asleep() const noexcept { return asleep_.on(); }
  double pressure() const noexcept { return pressure_; }

  /// Everything it remembers, as v(name, value), for checkpoints.
  template <class Self, class V>
  static void visit_state(Self& self, V& v) {
    v("pressure", self.pressure_);
    v("asleep", self.asleep_.on_);
  }

 private:
  SleepSpec spec_;
  double pressure_ = 0;
  Hysteresis asleep_;
};

}  // namespace noesis

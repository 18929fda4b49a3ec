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
/// | wake_tau  | 18.2 | time (published: hours) | > 0 |
/// | sleep_tau | 4.2  | time | > 0 |
/// | upper     | 0.67 | pressure | (lower, 1) |
/// | lower     | 0.17 | pressure | (0, upper) |

#include "physics/verdict/hysteresis.hpp"

namespace noesis {

struct SleepSpec {
  double wake_tau = 18.2;
  double sleep_tau = 4.2;
  double upper = 0.67;
  double lower = 0.17;
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

 private:
  SleepSpec spec_;
  double pressure_ = 0;
  Hysteresis asleep_;
};

}  // namespace noesis

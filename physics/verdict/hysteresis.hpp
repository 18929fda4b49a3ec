#pragma once
/// A condition with memory.

namespace noesis {

/// Starts outside; enters when `enter` holds, leaves when `leave` does.
class Hysteresis {
 public:
  /// Takes one window in, and says whether the condition is on in it.
  bool update(bool enter, bool leave) noexcept {
    on_ = on_ ? !leave : enter;
    return on_;
  }
  bool on() const noexcept { return on_; }

 private:
  friend class SleepSchedule;  // whose checkpoints hold it
  bool on_ = false;
};

}  // namespace noesis

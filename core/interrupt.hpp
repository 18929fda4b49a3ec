#pragma once
/// Ctrl-C and SIGTERM ask a run to save its state and stop; a second one ends the process.

#include <signal.h>

namespace noesis {

/// Whether SIGINT or SIGTERM came since the outermost InterruptScope began. Cheap enough for every
/// step; any thread.
bool interrupt_requested() noexcept;

/// Catches SIGINT and SIGTERM while it lives, and restores what was there. Scopes may be nested;
/// they begin and end in one thread.
class InterruptScope {
 public:
  InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

 private:
  struct sigaction old_interrupt_;
  struct sigaction old_terminate_;
};

}  // namespace noesis

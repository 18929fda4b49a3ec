#include "core/interrupt.hpp"

#include <atomic>

namespace noesis {
namespace {

// Signal handlers have no other place for their state.
std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not take a lock");
int depth = 0;

void handle(int number) {
  if (requested.exchange(true)) {
    // Asked twice: the default action ends the process as soon as this handler returns.
    ::signal(number, SIG_DFL);
    ::raise(number);
  }
}

}  // namespace

bool interrupt_requested() noexcept { return requested.load(std::memory_order_relaxed); }

InterruptScope::InterruptScope() {
  if (depth++ == 0) requested = false;
  struct sigaction action = {};
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, &old_interrupt_);
  ::sigaction(SIGTERM, &action, &old_terminate_);
}

InterruptScope::~InterruptScope() {
  ::sigaction(SIGINT, &old_interrupt_, nullptr);
  ::sigaction(SIGTERM, &old_terminate_, nullptr);
  --depth;
}

}  // namespace noesis

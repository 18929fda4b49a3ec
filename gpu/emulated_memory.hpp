#pragma once
/// The memory and the health of the emulated device, for tests. Not thread-safe.

#include <cstdint>
#include <limits>

namespace noesis::emulated {

struct EmulatedDevice {
  std::int64_t memory_bytes = std::int64_t{1} << 40;
  std::int64_t used_bytes = 0;
  /// Checks of launches until one fails, and every later one.
  std::int64_t checks_to_failure = std::numeric_limits<std::int64_t>::max();
};

EmulatedDevice& emulated_device();

}  // namespace noesis::emulated

#pragma once
/// The memory and the health of the emulated device, for tests. Not thread-safe.

#include <cstdint>
#include <limits>

namespace noesis::emulated {

struct EmulatedDevice {
  std::int64_t memory_bytes = std::int64_t{1} << 40;
  std::int64_t used_bytes = 0;
  /// Checks of launches until one fails, and every later one, and all copies from then on.
  std::int64_t checks_to_failure = std::numeric_limits<std::int64_t>::max();
  int count = 1;  ///< of devices
  int major = 9;  ///< of its architecture
  int wave = 32;
  bool has_kernels = true;        ///< whether any was built for it
  std::int64_t copied_bytes = 0;  ///< by all copies so far
  int num_threads = 1;            ///< that run a kernel's rows, neighbours on different ones
};

EmulatedDevice& emulated_device();

}  // namespace noesis::emulated

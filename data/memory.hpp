#pragma once
/// Whether something fits the memory, asked before it is allocated.

#include <cstdint>
#include <string>

namespace noesis {

/// Memory that can still be used without swapping [bytes] (Linux: MemAvailable), or the largest
/// int64 where that is unknown.
std::int64_t available_memory_bytes();

/// Memory that this process holds now [bytes], 0 where that is unknown.
std::int64_t resident_memory_bytes();

/// @throws ConfigError when `bytes` is negative (an overflow) or more than is available. `where` is
/// the file or parameter that asks for it, `what` the thing, e.g. "30000000 synapses".
void require_memory(std::int64_t bytes, const std::string& where, const std::string& what);

}  // namespace noesis

#pragma once
/// Where other machines find this one.

#include <string>

namespace noesis {

/// This machine's address on the way to `endpoint` (tcp://HOST:PORT), as a UDP socket would take
/// it; IPv6 in brackets. @throws RunError where there is no such host, or no way to it.
std::string address_towards(const std::string& endpoint);

}  // namespace noesis

#pragma once
/// Ports that a firewall lets through.

#include <string>

namespace noesis {

/// Ports of which a worker takes one that is free; none: whichever the system gives.
struct PortRange {
  int first = 0, last = 0;
  bool is_any() const noexcept { return first == 0; }
};
/// "5570" or "5570-5579"; empty: any. @throws ConfigError naming `where` for anything else.
PortRange parse_ports(const std::string& text, const std::string& where);

}  // namespace noesis

#include "distributed/port_range.hpp"

#include <charconv>

#include "core/error.hpp"

namespace noesis {

PortRange parse_ports(const std::string& text, const std::string& where) {
  if (text.empty()) return {};
  PortRange ports;
  const char *const begin = text.data(), *const end = begin + text.size();
  auto [rest, error] = std::from_chars(begin, end, ports.first);
  ports.last = ports.first;
  bool ok = error == std::errc();
  if (ok && rest != end && *rest == '-') {
    const auto second = std::from_chars(rest + 1, end, ports.last);
    ok = second.ec == std::errc();
    rest = second.ptr;
  }
  if (ok && rest == end && ports.first >= 1 && ports.first <= ports.last && ports.last <= 65535) {
    return ports;
  }
  throw ConfigError({.what = "not a port, nor a range of them",
                     .where = where,
                     .got = text,
                     .allowed = "PORT or FIRST-LAST, of 1 to 65535",
                     .next = {}});
}

}  // namespace noesis

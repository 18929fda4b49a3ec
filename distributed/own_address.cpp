#include "distributed/own_address.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "core/error.hpp"

namespace noesis {
namespace {

[[noreturn]] void fail(const char* what, const std::string& endpoint, const char* next) {
  throw RunError({.what = what, .where = endpoint, .got = {}, .allowed = {}, .next = next});
}

}  // namespace

std::string address_towards(const std::string& endpoint) {
  const std::string host_port = endpoint.substr(endpoint.find("://") + 3);
  const std::size_t colon = host_port.rfind(':');
  std::string host = host_port.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), host_port.substr(colon + 1).c_str(), &hints, &found) != 0) {
    fail("no such host", endpoint, "check the address of the master");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, freeaddrinfo);
  const int handle = ::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  char text[NI_MAXHOST] = "";
  const bool ok = handle >= 0 && ::connect(handle, found->ai_addr, found->ai_addrlen) == 0 &&
                  getsockname(handle, reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
                  getnameinfo(reinterpret_cast<sockaddr*>(&own), size, text, sizeof text, nullptr,
                              0, NI_NUMERICHOST) == 0;
  if (handle >= 0) ::close(handle);
  if (!ok) fail("there is no way to the master", endpoint, "check the network");
  const std::string address = text;
  return address.find(':') != std::string::npos ? "[" + address + "]" : address;
}

}  // namespace noesis

#pragma once
/// The door of a ROUTER: who may knock, and the lock that CURVE makes. A server of environments and
/// a master of workers have it in common. All of it is in this header, since core has no ZeroMQ.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

#include "core/error.hpp"

namespace noesis {

/// Whether only this machine reaches an endpoint that a socket is bound to.
inline bool is_loopback(std::string_view endpoint) {
  if (endpoint.starts_with("ipc://") || endpoint.starts_with("inproc://")) return true;
  constexpr std::string_view kTcp = "tcp://";
  if (!endpoint.starts_with(kTcp)) return false;
  const std::string_view host = endpoint.substr(kTcp.size(), endpoint.rfind(':') - kTcp.size());
  const bool is_address = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "[::1]" || (is_address && host.starts_with("127."));
}

/// libzmq takes ports modulo 65536. @throws ConfigError for no address, no port, or none that there
/// is.
inline void require_address(const std::string& endpoint, const char* where) {
  constexpr std::string_view kTcp = "tcp://";
  if (endpoint.starts_with("ipc://")) return;
  const std::size_t colon = endpoint.rfind(':');
  const std::string port = colon == std::string::npos ? "" : endpoint.substr(colon + 1);
  const bool is_number =
      !port.empty() && port.size() < 6 && port.find_first_not_of("0123456789") == std::string::npos;
  if (endpoint.starts_with(kTcp) && colon > kTcp.size() &&
      (port == "*" || (is_number && std::stoi(port) < 65536))) {
    return;
  }
  throw ConfigError(
      {.what = "not an address to listen at",
       .where = where,
       .got = endpoint,
       .allowed = "tcp://ADDRESS:PORT with a port from 0 (any free one) to 65535, or ipc://FILE",
       .next = {}});
}

/// How others call an endpoint that listens at all of this machine's addresses: by the machine's
/// name.
inline std::string address_for_others(const std::string& endpoint) {
  for (const std::string_view all : {"tcp://0.0.0.0:", "tcp://[::]:"}) {
    if (!endpoint.starts_with(all)) continue;
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) break;
    return "tcp://" + std::string(name.data()) + ":" + endpoint.substr(all.size());
  }
  return endpoint;
}

/// Not thread-safe; the context outlives it.
class CurveDoor {
 public:
  explicit CurveDoor(zmq::context_t& context) : socket_(context, zmq::socket_type::rep) {}

  /// Lets only those in who have one of `keys` (public, Z85). To be called before the router is
  /// bound. @throws zmq::error_t.
  void lock(zmq::socket_t& router, const std::string& secret_key, std::vector<std::string> keys) {
    keys_ = std::move(keys);
    socket_.bind("inproc://zeromq.zap.01");
    router.set(zmq::sockopt::zap_domain, "noesis");
    router.set(zmq::sockopt::curve_server, true);
    router.set(zmq::sockopt::curve_secretkey, secret_key);
  }

  /// Readable when somebody knocks, whom answer() then lets in or not, by ZMTP's authentication
  /// protocol (ZeroMQ RFC 27).
  zmq::pollitem_t knock() { return {socket_.handle(), 0, ZMQ_POLLIN, 0}; }
  void answer() {
    std::vector<zmq::message_t> request;
    do {
      if (!socket_.recv(request.emplace_back(), zmq::recv_flags::dontwait)) return;
    } while (request.back().more());
    bool known = false;
    if (request.size() == 7 && request[5].to_string_view() == "CURVE" && request[6].size() == 32) {
      std::array<char, 41> key{};
      zmq_z85_encode(key.data(), request[6].data<std::uint8_t>(), 32);
      known = std::ranges::find(keys_, std::string_view(key.data())) != keys_.end();
    }
    const std::string id = request.size() > 1 ? request[1].to_string() : std::string();
    const std::array<std::string, 6> reply = {
        "1.0", id, known ? "200" : "400", known ? "OK" : "unknown key", "", ""};
    for (std::size_t i = 0; i < reply.size(); ++i) {
      socket_.send(zmq::buffer(reply[i]),
                   i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }

  void close() { socket_.close(); }

 private:
  zmq::socket_t socket_;
  std::vector<std::string> keys_;
};

}  // namespace noesis

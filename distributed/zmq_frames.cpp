#include "distributed/zmq_frames.hpp"

#include <array>
#include <cstdio>
#include <memory>

namespace noesis {
namespace {

constexpr std::size_t kCopied = 1 << 12;  ///< smaller payloads are copied [bytes]

bool send_parts(zmq::socket_t& socket, const std::string& peer, const FrameHeader& header,
                std::span<const std::byte> payload, zmq::message_t body) {
  std::array<std::byte, kHeaderBytes> bytes;
  write_header(header, payload, bytes);
  const auto flags = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
  try {
    if (!peer.empty() && !socket.send(zmq::buffer(peer), flags)) return false;
    if (!socket.send(zmq::buffer(bytes), flags)) return false;
    // A message whose first parts went is never refused its last.
    return socket.send(body, zmq::send_flags::none).has_value();
  } catch (const zmq::error_t& error) {
    if (error.num() == EHOSTUNREACH || error.num() == EAGAIN) return false;
    throw;
  }
}

}  // namespace

std::string seconds_text(std::chrono::milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", static_cast<double>(time.count()) / 1000);
  return text;
}

CurvePair make_curve_pair() {
  std::array<char, 41> public_key{}, secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
    throw ConfigError({.what = "this libzmq has no CURVE",
                       .where = "keys",
                       .got = {},
                       .allowed = {},
                       .next = "install a libzmq that was built with libsodium"});
  }
  return {public_key.data(), secret_key.data()};
}

bool send_frame(zmq::socket_t& socket, const std::string& peer, const FrameHeader& header,
                std::span<const std::byte> payload) {
  return send_parts(socket, peer, header, payload, zmq::message_t(payload.data(), payload.size()));
}

bool send_frame(zmq::socket_t& socket, const std::string& peer, const FrameHeader& header,
                Bytes payload) {
  if (payload.size() <= kCopied) {
    return send_frame(socket, peer, header, std::span<const std::byte>(payload));
  }
  auto held = std::make_unique<Bytes>(std::move(payload));
  const std::span<const std::byte> view(*held);
  zmq::message_t body(
      held->data(), held->size(), [](void*, void* hint) { delete static_cast<Bytes*>(hint); },
      held.get());
  held.release();
  return send_parts(socket, peer, header, view, std::move(body));
}

std::optional<Incoming> receive_frame(zmq::socket_t& socket, bool has_peer,
                                      std::uint64_t most_bytes, std::string& peer) {
  peer.clear();
  std::array<zmq::message_t, 3> parts;
  const std::size_t expected = has_peer ? 3 : 2;
  std::size_t count = 0;
  bool more = true;
  for (; more; ++count) {
    zmq::message_t extra;
    zmq::message_t& part = count < expected ? parts[count] : extra;
    const auto flags = count == 0 ? zmq::recv_flags::dontwait : zmq::recv_flags::none;
    if (!socket.recv(part, flags)) return std::nullopt;
    more = part.more();
  }
  if (has_peer) peer = parts[0].to_string();
  if (count != expected) {
    throw WireError("a message of another number of parts", std::to_string(count),
                    std::to_string(expected));
  }
  const zmq::message_t& head = parts[expected - 2];
  Incoming incoming;
  incoming.peer = peer;
  incoming.payload = std::move(parts[expected - 1]);
  const std::span<const std::byte> header_bytes(head.data<std::byte>(), head.size());
  incoming.header = read_header(header_bytes, most_bytes);
  check_payload(incoming.header, header_bytes, incoming.bytes());
  return incoming;
}

bool wait_readable(zmq::socket_t& socket, std::chrono::milliseconds timeout) {
  zmq::pollitem_t item = {socket.handle(), 0, ZMQ_POLLIN, 0};
  try {
    zmq::poll(&item, 1, timeout);
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw;
    return false;
  }
  return (item.revents & ZMQ_POLLIN) != 0;
}

}  // namespace noesis

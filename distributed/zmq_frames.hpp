#pragma once
/// Frames over ZeroMQ sockets. Private to zmq_*.cpp.

#include <chrono>
#include <optional>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "distributed/protocol.hpp"

namespace noesis {

using ZmqClock = std::chrono::steady_clock;

/// "2.5 s", for messages to people.
std::string seconds_text(std::chrono::milliseconds time);

/// A CURVE key pair, Z85.
struct CurvePair {
  std::string public_key, secret_key;
};
/// @throws ConfigError where libzmq has no CURVE.
CurvePair make_curve_pair();

/// A message as it came: who it is from (of a ROUTER), a checked header, checked payload.
struct Incoming {
  std::string peer;
  FrameHeader header;
  zmq::message_t payload;

  std::span<const std::byte> bytes() const { return {payload.data<std::byte>(), payload.size()}; }
};

/// Sends one frame; to `peer` where that is not empty. False where the socket would block, or a
/// ROUTER's peer is gone.
bool send_frame(zmq::socket_t& socket, const std::string& peer, const FrameHeader& header,
                std::span<const std::byte> payload);
/// The same, payload given away.
bool send_frame(zmq::socket_t& socket, const std::string& peer, const FrameHeader& header,
                Bytes payload);

/// The next frame, or nothing within `timeout`. @throws WireError for a message that is no
/// frame; `peer` is who sent it.
std::optional<Incoming> receive_frame(zmq::socket_t& socket, bool has_peer,
                                      std::uint64_t most_bytes, std::string& peer);

/// Waits until the socket can be read, at most that long; a signal ends it too.
bool wait_readable(zmq::socket_t& socket, std::chrono::milliseconds timeout);

}  // namespace noesis

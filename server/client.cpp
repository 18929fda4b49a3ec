#include "server/client.hpp"

#include <vector>
#include <zmq.hpp>

#include "core/error.hpp"

namespace noesis {

class Connection::Impl {
 public:
  Impl(const std::string& endpoint, const std::optional<ClientKeys>& keys, int most_waiting)
      : socket(context, zmq::socket_type::dealer) {
    try {
      if (keys) {
        socket.set(zmq::sockopt::curve_serverkey, keys->server_key);
        socket.set(zmq::sockopt::curve_publickey, keys->public_key);
        socket.set(zmq::sockopt::curve_secretkey, keys->secret_key);
      }
      socket.set(zmq::sockopt::rcvhwm, most_waiting);
      socket.set(zmq::sockopt::linger, 0);
      socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(kMostMessageBytes));
      socket.connect(endpoint);
    } catch (const zmq::error_t& error) {
      throw ConfigError({.what = std::string("cannot connect: ") + error.what(),
                         .where = "endpoint",
                         .got = endpoint,
                         .allowed = "such as tcp://127.0.0.1:5555",
                         .next = {}});
    }
  }

  zmq::context_t context;
  zmq::socket_t socket;
  std::uint64_t last_id = 0;
};

Connection::Connection(const std::string& endpoint, const std::optional<ClientKeys>& keys,
                       int most_waiting)
    : impl_(std::make_unique<Impl>(endpoint, keys, most_waiting)) {}
Connection::~Connection() = default;

void Connection::send(const Frames& frames) {
  const bool has_data = !frames.data.empty();
  impl_->socket.send(zmq::buffer(frames.head),
                     has_data ? zmq::send_flags::sndmore : zmq::send_flags::none);
  if (has_data) impl_->socket.send(zmq::buffer(frames.data), zmq::send_flags::none);
}

std::optional<Message> Connection::receive(std::chrono::milliseconds most) {
  zmq::pollitem_t item{impl_->socket.handle(), 0, ZMQ_POLLIN, 0};
  if (zmq::poll(&item, 1, most) == 0) return std::nullopt;
  std::vector<zmq::message_t> frames;
  do {
    frames.emplace_back();
    if (!impl_->socket.recv(frames.back())) return std::nullopt;
  } while (frames.back().more());
  return decode(frames[0].to_string_view(), frames.size() > 1 ? frames[1].to_string_view() : "");
}

Message Connection::call(MessageWriter request, std::chrono::milliseconds most) {
  const std::uint64_t id = ++impl_->last_id;
  request.field("id", id);
  send(*request.finish());
  const auto end = std::chrono::steady_clock::now() + most;
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    std::optional<Message> answer = left.count() > 0 ? receive(left) : std::nullopt;
    if (!answer) break;
    if (answer->uint_at("id", 0) == id) return std::move(*answer);
  }
  throw RunError({.what = "the server did not answer",
                  .where = "connection",
                  .got = {},
                  .allowed = {},
                  .next = "is it running, and does it accept our keys?"});
}

}  // namespace noesis

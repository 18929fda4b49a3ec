#include "distributed/zmq_communicator.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <thread>

#include "distributed/mailbox_communicator.hpp"
#include "distributed/zmq_frames.hpp"

namespace noesis {
namespace {

using namespace std::chrono_literals;

/// What one peer sent for one exchange.
struct Delivery {
  FrameHeader header;
  std::array<std::byte, kHeaderBytes> header_bytes;
  std::vector<zmq::message_t> parts;
};

/// A port that was listened at is free a moment after its socket was closed.
constexpr auto kPortPatience = 3s;

/// Parts are checked as one payload.
std::uint64_t checksum_of_parts(std::span<const std::byte> header,
                                std::span<const std::span<const std::byte>> parts) {
  const std::uint64_t seed = XXH3_64bits(header.data(), 32);
  if (parts.size() == 1) return XXH3_64bits_withSeed(parts[0].data(), parts[0].size(), seed);
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(),
                                                                              XXH3_freeState);
  XXH3_64bits_reset_withSeed(state.get(), seed);
  for (const auto part : parts) XXH3_64bits_update(state.get(), part.data(), part.size());
  return XXH3_64bits_digest(state.get());
}

}  // namespace

class ZmqCommunicator::Impl {
 public:
  Impl(zmq::context_t& context, Options options)
      : context_(context), options_(std::move(options)), pull_(context, zmq::socket_type::pull) {
    try {
      pull_.set(zmq::sockopt::linger, 0);
      pull_.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(options_.most_bytes));
      pull_.set(zmq::sockopt::ipv6, options_.host.find(':') != std::string::npos);
      if (options_.encrypted) {
        keys_ = make_curve_pair();
        pull_.set(zmq::sockopt::curve_server, true);
        pull_.set(zmq::sockopt::curve_secretkey, keys_.secret_key);
      }
      bind();
      address_ = {pull_.get(zmq::sockopt::last_endpoint), keys_.public_key};
    } catch (const zmq::error_t& error) {
      throw RunError({.what = std::string("a worker cannot listen to its peers: ") + error.what(),
                      .where = "tcp://" + options_.host,
                      .got = {},
                      .allowed = {},
                      .next = "give an address of this machine by --peer-host"});
    }
  }

  /// To the first of its ports that is free.
  void bind() {
    const std::string host = "tcp://" + options_.host + ":";
    const PortRange& ports = options_.ports;
    if (ports.is_any()) return pull_.bind(host + "*");
    const auto give_up = ZmqClock::now() + kPortPatience;
    for (int port = ports.first;; port = port == ports.last ? ports.first : port + 1) {
      try {
        return pull_.bind(host + std::to_string(port));
      } catch (const zmq::error_t& error) {
        if (error.num() != EADDRINUSE) throw;
      }
      if (port != ports.last) continue;
      if (ZmqClock::now() > give_up) {
        throw RunError({.what = "no port for other workers is free",
                        .where = "--peer-port",
                        .got = std::to_string(ports.first) + "-" + std::to_string(ports.last),
                        .allowed = {},
                        .next = "give a range with a port for each worker on this machine"});
      }
      std::this_thread::sleep_for(20ms);
    }
  }

  void connect(const std::vector<PeerAddress>& peers) {
    if (std::ssize(peers) != options_.size) {
      throw WireError("addresses of another group", std::to_string(peers.size()),
                      std::to_string(options_.size));
    }
    for (int rank = 0; rank < options_.size; ++rank) {
      zmq::socket_t& push = push_.emplace_back(context_, zmq::socket_type::push);
      push.set(zmq::sockopt::linger, 0);
      if (rank == options_.rank) continue;
      const PeerAddress& peer = peers[static_cast<std::size_t>(rank)];
      push.set(zmq::sockopt::ipv6, peer.endpoint.find('[') != std::string::npos);
      push.set(zmq::sockopt::reconnect_ivl, 50);
      if (options_.encrypted) {
        const CurvePair own = make_curve_pair();
        push.set(zmq::sockopt::curve_serverkey, peer.public_key);
        push.set(zmq::sockopt::curve_publickey, own.public_key);
        push.set(zmq::sockopt::curve_secretkey, own.secret_key);
      }
      try {
        push.connect(peer.endpoint);
      } catch (const zmq::error_t& error) {
        throw RunError({.what = std::string("a peer's address is of no use: ") + error.what(),
                        .where = "worker " + std::to_string(rank),
                        .got = peer.endpoint,
                        .allowed = {},
                        .next = {}});
      }
    }
  }

  /// Sends pieces to one peer as one message, from where they are.
  void send(WireType type, int peer, std::uint64_t number,
            std::span<const std::span<const std::byte>> parts) {
    FrameHeader header;
    header.type = type;
    header.sender = options_.rank;
    header.epoch = options_.epoch;
    header.step = number;
    std::array<std::byte, kHeaderBytes> bytes;
    write_header(header, {}, bytes);
    std::uint64_t length = 0;
    for (const auto part : parts) length += part.size();
    std::memcpy(bytes.data() + 24, &length, sizeof length);
    const std::uint64_t checksum = checksum_of_parts(bytes, parts);
    std::memcpy(bytes.data() + 32, &checksum, sizeof checksum);
    zmq::socket_t& socket = push_[static_cast<std::size_t>(peer)];
    socket.send(zmq::buffer(bytes),
                parts.empty() ? zmq::send_flags::none : zmq::send_flags::sndmore);
    for (std::size_t k = 0; k < parts.size(); ++k) {
      num_unsent_.fetch_add(1, std::memory_order_relaxed);
      // libzmq never writes to what it sends.
      zmq::message_t message(
          const_cast<std::byte*>(parts[k].data()), parts[k].size(),
          [](void*, void* hint) {
            static_cast<std::atomic<std::int64_t>*>(hint)->fetch_sub(1, std::memory_order_release);
          },
          &num_unsent_);
      socket.send(message, k + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }

  /// What a peer sent for an exchange. @throws ExchangeGivenUp.
  Delivery receive(WireType type, int peer, std::uint64_t number) {
    const auto begin = ZmqClock::now();
    while (true) {
      const auto found = early_.find({peer, number});
      if (found != early_.end()) {
        Delivery delivery = std::move(found->second);
        early_.erase(found);
        if (delivery.header.type != type) {
          throw WireError("another kind of exchange", name_of(delivery.header.type), name_of(type));
        }
        statistics_.wait_s += std::chrono::duration<double>(ZmqClock::now() - begin).count();
        return delivery;
      }
      take(number);
    }
  }

  /// Waits until what was sent is out, so that its place may be written to.
  void wait_sent() {
    const auto begin = ZmqClock::now();
    for (int turn = 0; num_unsent_.load(std::memory_order_acquire) > 0; ++turn) {
      if (turn < 200) {
        std::this_thread::yield();
        continue;
      }
      std::this_thread::sleep_for(50us);
      if (turn % 200 == 0) give_up_if_asked();
    }
    statistics_.wait_s += std::chrono::duration<double>(ZmqClock::now() - begin).count();
  }

  std::uint64_t next_number() {
    const auto number = static_cast<std::uint64_t>(num_exchanges_++);
    options_.pulse->num_exchanges.store(num_exchanges_, std::memory_order_relaxed);
    return number;
  }

  zmq::context_t& context_;
  Options options_;
  CurvePair keys_;
  zmq::socket_t pull_;
  PeerAddress address_;
  std::vector<zmq::socket_t> push_;  // (size)
  ExchangeStatistics statistics_;
  std::atomic<std::int64_t> num_unsent_{0};
  std::int64_t num_exchanges_ = 0;
  std::int64_t num_refused_ = 0;

 private:
  void give_up_if_asked() {
    if (!options_.is_given_up()) return;
    throw ExchangeGivenUp({.what = "the exchange was given up",
                           .where = "worker " + std::to_string(options_.rank),
                           .got = {},
                           .allowed = {},
                           .next = {}});
  }

  /// Reads one message into early_, or waits for one.
  void take(std::uint64_t number) {
    Delivery delivery;
    zmq::message_t head;
    if (!pull_.recv(head, zmq::recv_flags::dontwait)) {
      options_.pulse->is_waiting.store(true, std::memory_order_relaxed);
      // A short wait first: most of what is waited for is a fraction of a millisecond away.
      if (!wait_readable(pull_, 20ms)) give_up_if_asked();
      return;
    }
    options_.pulse->is_waiting.store(false, std::memory_order_relaxed);
    bool more = head.more();
    while (more) {
      zmq::message_t part;
      if (!pull_.recv(part, zmq::recv_flags::none)) break;
      more = part.more();
      if (delivery.parts.size() < kMostParts) delivery.parts.push_back(std::move(part));
    }
    try {
      accept(head, delivery, number);
    } catch (const WireError&) {
      // Not of a peer, or damaged: what is missing is noticed by those who wait for it.
      ++num_refused_;
    }
  }

  void accept(const zmq::message_t& head, Delivery& delivery, std::uint64_t number) {
    const std::span<const std::byte> bytes(head.data<std::byte>(), head.size());
    delivery.header = read_header(bytes, options_.most_bytes);
    std::ranges::copy(bytes, delivery.header_bytes.begin());
    const FrameHeader& header = delivery.header;
    if (header.sender < 0 || header.sender >= options_.size || header.sender == options_.rank ||
        header.epoch != options_.epoch || header.step < number || header.step > number + 1) {
      throw WireError("a message of another exchange", std::to_string(header.step),
                      std::to_string(number));
    }
    std::vector<std::span<const std::byte>> parts;
    std::uint64_t length = 0;
    for (const zmq::message_t& part : delivery.parts) {
      parts.emplace_back(part.data<std::byte>(), part.size());
      length += part.size();
    }
    if (length != header.length || checksum_of_parts(bytes, parts) != header.checksum) {
      throw WireError("a message with a wrong checksum", name_of(header.type));
    }
    early_.insert_or_assign({header.sender, header.step}, std::move(delivery));
  }

  static constexpr std::size_t kMostParts = 1 << 17;
  std::map<std::pair<int, std::uint64_t>, Delivery> early_;
};

namespace {

/// Every two members exchange a message each time, be it an empty one, so that nobody is ahead of
/// anybody by more than one.
class ZmqExchange final : public Exchange {
 public:
  ZmqExchange(ZmqCommunicator::Impl& group, std::vector<SentPiece> sent,
              std::vector<ReceivedPiece> received)
      : group_(group), peers_(static_cast<std::size_t>(group.options_.size)) {
    for (SentPiece& piece : sent) {
      Peer& peer = peers_[static_cast<std::size_t>(piece.peer)];
      peer.packed.emplace_back(piece.indices.empty() ? 0 : piece.bytes());
      peer.sent.push_back(std::move(piece));
    }
    for (const ReceivedPiece& piece : received) {
      peers_[static_cast<std::size_t>(piece.peer)].received.push_back(piece);
    }
  }

  void start() override {
    number_ = group_.next_number();
    ExchangeStatistics& statistics = group_.statistics_;
    ++statistics.num_exchanges;
    for (int rank = 0; rank < group_.options_.size; ++rank) {
      if (rank == group_.options_.rank) continue;
      Peer& peer = peers_[static_cast<std::size_t>(rank)];
      std::vector<std::span<const std::byte>> parts;
      for (std::size_t k = 0; k < peer.sent.size(); ++k) {
        const SentPiece& piece = peer.sent[k];
        const std::byte* data = piece.data;
        if (!piece.indices.empty()) {
          data = peer.packed[k].data();
          pack(piece, peer.packed[k].data());
          statistics.bytes_copied += static_cast<std::int64_t>(piece.bytes());
        }
        statistics.bytes_sent += static_cast<std::int64_t>(piece.bytes());
        parts.emplace_back(data, piece.bytes());
      }
      group_.send(WireType::kRates, rank, number_, parts);
    }
  }

  void finish() override {
    for (int rank = 0; rank < group_.options_.size; ++rank) {
      if (rank == group_.options_.rank) continue;
      const Peer& peer = peers_[static_cast<std::size_t>(rank)];
      const Delivery delivery = group_.receive(WireType::kRates, rank, number_);
      if (delivery.parts.size() != peer.received.size()) {
        throw WireError("rates in another number of parts", "worker " + std::to_string(rank));
      }
      for (std::size_t k = 0; k < peer.received.size(); ++k) {
        const ReceivedPiece& piece = peer.received[k];
        if (delivery.parts[k].size() != piece.bytes) {
          throw WireError("rates of another number of neurons", "worker " + std::to_string(rank));
        }
        std::memcpy(piece.data, delivery.parts[k].data(), piece.bytes);
        group_.statistics_.bytes_received += static_cast<std::int64_t>(piece.bytes);
        group_.statistics_.bytes_copied += static_cast<std::int64_t>(piece.bytes);
      }
    }
    group_.wait_sent();
    group_.options_.pulse->is_waiting.store(false, std::memory_order_relaxed);
  }

 private:
  struct Peer {
    std::vector<SentPiece> sent;
    std::vector<std::vector<std::byte>> packed;  // of pieces that are not in one place
    std::vector<ReceivedPiece> received;
  };

  ZmqCommunicator::Impl& group_;
  std::vector<Peer> peers_;
  std::uint64_t number_ = 0;
};

}  // namespace

ZmqCommunicator::ZmqCommunicator(zmq::context_t& context, Options options)
    : impl_(std::make_unique<Impl>(context, std::move(options))) {}
ZmqCommunicator::~ZmqCommunicator() { close(); }

void ZmqCommunicator::close() {
  impl_->push_.clear();
  impl_->pull_.close();
  // libzmq lets go of what it was sending a moment later.
  for (int turn = 0; impl_->num_unsent_.load(std::memory_order_acquire) > 0; ++turn) {
    if (turn == 50'000) std::terminate();  // its memory can be neither kept nor given back
    std::this_thread::sleep_for(100us);
  }
}

const PeerAddress& ZmqCommunicator::address() const noexcept { return impl_->address_; }
void ZmqCommunicator::connect(const std::vector<PeerAddress>& peers) { impl_->connect(peers); }
int ZmqCommunicator::rank() const { return impl_->options_.rank; }
int ZmqCommunicator::size() const { return impl_->options_.size; }
std::unique_ptr<Exchange> ZmqCommunicator::make_exchange(std::vector<SentPiece> sent,
                                                         std::vector<ReceivedPiece> received) {
  return std::make_unique<ZmqExchange>(*impl_, std::move(sent), std::move(received));
}

WorstError ZmqCommunicator::worst(const WorstError& own) {
  const std::uint64_t number = impl_->next_number();
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(&own), sizeof own);
  for (int peer = 0; peer < size(); ++peer) {
    if (peer != rank()) impl_->send(WireType::kError, peer, number, std::array{bytes});
  }
  WorstError all = own;
  for (int peer = 0; peer < size(); ++peer) {
    if (peer == rank()) continue;
    const Delivery delivery = impl_->receive(WireType::kError, peer, number);
    WorstError other;
    if (delivery.parts.size() != 1 || delivery.parts[0].size() != sizeof other) {
      throw WireError("an error norm of another size", "worker " + std::to_string(peer));
    }
    std::memcpy(&other, delivery.parts[0].data(), sizeof other);
    all = worse_of(all, other);
  }
  impl_->wait_sent();
  impl_->options_.pulse->is_waiting.store(false, std::memory_order_relaxed);
  return all;
}

const ExchangeStatistics& ZmqCommunicator::statistics() const { return impl_->statistics_; }
std::int64_t ZmqCommunicator::num_refused() const noexcept { return impl_->num_refused_; }

}  // namespace noesis

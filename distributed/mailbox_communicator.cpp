#include "distributed/mailbox_communicator.hpp"

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>

#include "core/error.hpp"

namespace noesis {

void pack(const SentPiece& piece, std::byte* to) {
  const auto gather = [&]<class T>(T) {
    for (std::size_t k = 0; k < piece.count; ++k) {
      std::memcpy(to + k * sizeof(T),
                  piece.data + static_cast<std::size_t>(piece.indices[k]) * sizeof(T), sizeof(T));
    }
  };
  if (piece.indices.empty()) {
    if (piece.bytes() > 0) std::memcpy(to, piece.data, piece.bytes());
  } else if (piece.value_bytes == sizeof(float)) {
    gather(float{});
  } else if (piece.value_bytes == sizeof(double)) {
    gather(double{});
  } else {
    for (std::size_t k = 0; k < piece.count; ++k) {
      std::memcpy(to + k * piece.value_bytes,
                  piece.data + static_cast<std::size_t>(piece.indices[k]) * piece.value_bytes,
                  piece.value_bytes);
    }
  }
}

const WorstError& worse_of(const WorstError& a, const WorstError& b) noexcept {
  if (a.norm != b.norm) return a.norm > b.norm ? a : b;
  return a.neuron <= b.neuron ? a : b;
}

/// Messages of each pair of members, in order.
class LocalGroup::Impl {
 public:
  explicit Impl(int size)
      : size_(size), boxes_(static_cast<std::size_t>(size) * static_cast<std::size_t>(size)) {}

  int size() const { return size_; }
  void send(int from, int to, std::vector<std::byte> bytes) {
    {
      const std::lock_guard lock(mutex_);
      box(from, to).push_back(std::move(bytes));
    }
    changed_.notify_all();
  }
  std::vector<std::byte> receive(int from, int to) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return aborted_ || !box(from, to).empty(); });
    if (aborted_) {
      throw RunError({.what = "the exchange was given up",
                      .where = "worker " + std::to_string(to),
                      .got = {},
                      .allowed = {},
                      .next = {}});
    }
    std::vector<std::byte> bytes = std::move(box(from, to).front());
    box(from, to).pop_front();
    return bytes;
  }
  void abort() {
    {
      const std::lock_guard lock(mutex_);
      aborted_ = true;
    }
    changed_.notify_all();
  }
  void reset() {
    const std::lock_guard lock(mutex_);
    aborted_ = false;
    for (auto& one : boxes_) one.clear();
  }

 private:
  std::deque<std::vector<std::byte>>& box(int from, int to) {
    return boxes_[static_cast<std::size_t>(from) * static_cast<std::size_t>(size_) +
                  static_cast<std::size_t>(to)];
  }

  int size_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool aborted_ = false;
  std::vector<std::deque<std::vector<std::byte>>> boxes_;
};

namespace {

using Clock = std::chrono::steady_clock;

class LocalExchange final : public Exchange {
 public:
  LocalExchange(LocalGroup::Impl& group, int rank, ExchangeStatistics& statistics,
                std::vector<SentPiece> sent, std::vector<ReceivedPiece> received)
      : group_(group),
        rank_(rank),
        statistics_(statistics),
        sent_(std::move(sent)),
        received_(std::move(received)) {}

  void start() override {
    ++statistics_.num_exchanges;
    for (const SentPiece& piece : sent_) {
      std::vector<std::byte> bytes(piece.bytes());
      pack(piece, bytes.data());
      statistics_.bytes_sent += std::ssize(bytes);
      statistics_.bytes_copied += std::ssize(bytes);
      group_.send(rank_, piece.peer, std::move(bytes));
    }
  }
  void finish() override {
    for (const ReceivedPiece& piece : received_) {
      const auto begin = Clock::now();
      const std::vector<std::byte> bytes = group_.receive(piece.peer, rank_);
      statistics_.wait_s += std::chrono::duration<double>(Clock::now() - begin).count();
      ensure(bytes.size() == piece.bytes, "members of a group make the same exchanges");
      if (piece.bytes > 0) std::memcpy(piece.data, bytes.data(), piece.bytes);
      statistics_.bytes_received += std::ssize(bytes);
      statistics_.bytes_copied += std::ssize(bytes);
    }
  }

 private:
  LocalGroup::Impl& group_;
  int rank_;
  ExchangeStatistics& statistics_;
  std::vector<SentPiece> sent_;
  std::vector<ReceivedPiece> received_;
};

class LocalCommunicator final : public Communicator {
 public:
  LocalCommunicator(std::shared_ptr<LocalGroup::Impl> group, int rank)
      : group_(std::move(group)), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return group_->size(); }
  std::unique_ptr<Exchange> make_exchange(std::vector<SentPiece> sent,
                                          std::vector<ReceivedPiece> received) override {
    return std::make_unique<LocalExchange>(*group_, rank_, statistics_, std::move(sent),
                                           std::move(received));
  }
  WorstError worst(const WorstError& own) override {
    std::vector<std::byte> bytes(sizeof own);
    std::memcpy(bytes.data(), &own, sizeof own);
    for (int peer = 0; peer < size(); ++peer) {
      if (peer != rank_) group_->send(rank_, peer, bytes);
    }
    WorstError all = own;
    for (int peer = 0; peer < size(); ++peer) {
      if (peer == rank_) continue;
      WorstError other;
      std::memcpy(&other, group_->receive(peer, rank_).data(), sizeof other);
      all = worse_of(all, other);
    }
    return all;
  }
  const ExchangeStatistics& statistics() const override { return statistics_; }

 private:
  std::shared_ptr<LocalGroup::Impl> group_;
  int rank_;
  ExchangeStatistics statistics_;
};

class DryRunCommunicator final : public Communicator {
 public:
  DryRunCommunicator(int rank, int size) : rank_(rank), size_(size) {}

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  std::unique_ptr<Exchange> make_exchange(std::vector<SentPiece> sent,
                                          std::vector<ReceivedPiece> received) override {
    return std::make_unique<Nothing>(statistics_, std::move(sent), std::move(received));
  }
  WorstError worst(const WorstError& own) override { return own; }
  const ExchangeStatistics& statistics() const override { return statistics_; }

 private:
  /// Packs what would be packed, and counts.
  class Nothing final : public Exchange {
   public:
    Nothing(ExchangeStatistics& statistics, std::vector<SentPiece> sent,
            std::vector<ReceivedPiece> received)
        : statistics_(statistics), sent_(std::move(sent)), received_(std::move(received)) {}
    void start() override {
      ++statistics_.num_exchanges;
      for (const SentPiece& piece : sent_) {
        statistics_.bytes_sent += static_cast<std::int64_t>(piece.bytes());
        if (piece.indices.empty()) continue;
        packed_.resize(piece.bytes());
        pack(piece, packed_.data());
        statistics_.bytes_copied += static_cast<std::int64_t>(piece.bytes());
      }
    }
    void finish() override {
      for (const ReceivedPiece& piece : received_) {
        statistics_.bytes_received += static_cast<std::int64_t>(piece.bytes);
      }
    }

   private:
    ExchangeStatistics& statistics_;
    std::vector<SentPiece> sent_;
    std::vector<ReceivedPiece> received_;
    std::vector<std::byte> packed_;
  };

  int rank_, size_;
  ExchangeStatistics statistics_;
};

}  // namespace

LocalGroup::LocalGroup(int size) : impl_(std::make_shared<Impl>(size)) {}
LocalGroup::~LocalGroup() = default;
int LocalGroup::size() const noexcept { return impl_->size(); }
std::unique_ptr<Communicator> LocalGroup::communicator(int rank) {
  return std::make_unique<LocalCommunicator>(impl_, rank);
}
void LocalGroup::abort() { impl_->abort(); }
void LocalGroup::reset() { impl_->reset(); }

std::unique_ptr<Communicator> make_dry_run_communicator(int rank, int size) {
  return std::make_unique<DryRunCommunicator>(rank, size);
}

}  // namespace noesis

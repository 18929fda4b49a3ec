#include "distributed/mpi_crew.hpp"

#include <mpi.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <limits>
#include <thread>

#include "distributed/mailbox_communicator.hpp"
#include "distributed/worker_brain.hpp"

namespace noesis {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kControlTag = 1;
constexpr int kRatesTag = 2;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 40;  // of ranks of one job
constexpr std::size_t kChunk = std::size_t{1} << 30;          // MPI counts in int

/// MPI from its start to the end of the process, at which workers are told to stop.
class Session {
 public:
  static Session& get() {
    static Session session;
    return session;
  }
  int rank = 0, size = 1;
  MPI_Comm control, rates;

 private:
  Session() {
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_dup(MPI_COMM_WORLD, &control);
    MPI_Comm_dup(MPI_COMM_WORLD, &rates);
    MPI_Comm_rank(control, &rank);
    MPI_Comm_size(control, &size);
  }
  ~Session();
};

void send_message(int to, WireType type, std::span<const std::byte> payload, std::uint64_t step) {
  Session& session = Session::get();
  FrameHeader header;
  header.type = type;
  header.sender = session.rank == 0 ? kMaster : session.rank;
  header.step = step;
  std::array<std::byte, kHeaderBytes> bytes;
  write_header(header, payload, bytes);
  MPI_Send(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, to, kControlTag,
           session.control);
  for (std::size_t at = 0; at < payload.size(); at += kChunk) {
    MPI_Send(payload.data() + at, static_cast<int>(std::min(kChunk, payload.size() - at)), MPI_BYTE,
             to, kControlTag, session.control);
  }
}

/// Whether a message from there has come, waiting for it without taking the processor from others.
bool wait_message(int from, Clock::time_point until) {
  for (int turn = 0;; ++turn) {
    int has_come = 0;
    MPI_Iprobe(from, kControlTag, Session::get().control, &has_come, MPI_STATUS_IGNORE);
    if (has_come != 0) return true;
    if (turn % 64 == 63 && Clock::now() > until) return false;
    if (turn < 1000) {
      sched_yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }
}

struct Message {
  FrameHeader header;
  Bytes payload;
};

Message receive_message(int from) {
  Session& session = Session::get();
  std::array<std::byte, kHeaderBytes> bytes;
  MPI_Recv(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, from, kControlTag,
           session.control, MPI_STATUS_IGNORE);
  Message message;
  message.header = read_header(bytes, kMostBytes);
  message.payload.resize(message.header.length);
  for (std::size_t at = 0; at < message.payload.size(); at += kChunk) {
    MPI_Recv(message.payload.data() + at,
             static_cast<int>(std::min(kChunk, message.payload.size() - at)), MPI_BYTE, from,
             kControlTag, session.control, MPI_STATUS_IGNORE);
  }
  check_payload(message.header, bytes, message.payload);
  return message;
}

Session::~Session() {
  if (rank == 0) {
    for (int to = 1; to < size; ++to) send_message(to, WireType::kStop, {}, 0);
  }
  MPI_Comm_free(&rates);
  MPI_Comm_free(&control);
  MPI_Finalize();
}

/// Persistent requests, started and completed in every exchange: MPI reads and writes the rates
/// where they are.
class MpiExchange final : public Exchange {
 public:
  MpiExchange(ExchangeStatistics& statistics, std::vector<SentPiece> sent,
              const std::vector<ReceivedPiece>& received)
      : statistics_(statistics), sent_(std::move(sent)), packed_(sent_.size()) {
    for (const ReceivedPiece& piece : received) {
      MPI_Recv_init(piece.data, count_of(piece.bytes), MPI_BYTE, piece.peer, kRatesTag,
                    Session::get().rates, &requests_.emplace_back());
      bytes_received_ += static_cast<std::int64_t>(piece.bytes);
    }
    for (std::size_t k = 0; k < sent_.size(); ++k) {
      const SentPiece& piece = sent_[k];
      const std::byte* data = piece.data;
      if (!piece.indices.empty()) {
        packed_[k].resize(piece.bytes());
        data = packed_[k].data();
      }
      MPI_Send_init(data, count_of(piece.bytes()), MPI_BYTE, piece.peer, kRatesTag,
                    Session::get().rates, &requests_.emplace_back());
    }
  }
  ~MpiExchange() override {
    for (MPI_Request& request : requests_) MPI_Request_free(&request);
  }

  void start() override {
    ++statistics_.num_exchanges;
    for (std::size_t k = 0; k < sent_.size(); ++k) {
      statistics_.bytes_sent += static_cast<std::int64_t>(sent_[k].bytes());
      if (packed_[k].empty()) continue;
      pack(sent_[k], packed_[k].data());
      statistics_.bytes_copied += static_cast<std::int64_t>(sent_[k].bytes());
    }
    if (requests_.empty()) return;  // alone, where Open MPI refuses to start nothing
    MPI_Startall(static_cast<int>(requests_.size()), requests_.data());
  }
  void finish() override {
    if (requests_.empty()) return;
    const auto begin = Clock::now();
    MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
    statistics_.wait_s += std::chrono::duration<double>(Clock::now() - begin).count();
    statistics_.bytes_received += bytes_received_;
  }

 private:
  static int count_of(std::size_t bytes) {
    ensure(bytes <= static_cast<std::size_t>(std::numeric_limits<int>::max()),
           "a piece of an exchange below 2 GiB");
    return static_cast<int>(bytes);
  }

  ExchangeStatistics& statistics_;
  std::vector<SentPiece> sent_;
  std::vector<std::vector<std::byte>> packed_;
  std::vector<MPI_Request> requests_;
  std::int64_t bytes_received_ = 0;
};

class MpiCommunicator final : public Communicator {
 public:
  int rank() const override { return Session::get().rank; }
  int size() const override { return Session::get().size; }
  std::unique_ptr<Exchange> make_exchange(std::vector<SentPiece> sent,
                                          std::vector<ReceivedPiece> received) override {
    return std::make_unique<MpiExchange>(statistics_, std::move(sent), received);
  }
  WorstError worst(const WorstError& own) override {
    std::vector<WorstError> all(static_cast<std::size_t>(size()));
    MPI_Allgather(&own, sizeof own, MPI_BYTE, all.data(), sizeof own, MPI_BYTE,
                  Session::get().rates);
    WorstError worst = own;
    for (const WorstError& other : all) worst = worse_of(worst, other);
    return worst;
  }
  const ExchangeStatistics& statistics() const override { return statistics_; }

 private:
  ExchangeStatistics statistics_;
};

class MpiCrew final : public Crew {
 public:
  explicit MpiCrew(int threads) : arena_(threads), brain_(communicator_, arena_) {}

  int size() const override { return Session::get().size; }
  std::string name() const override {
    return std::to_string(size()) + (size() == 1 ? " rank" : " ranks") + " of MPI";
  }
  void replace_lost() override {}

  std::vector<Bytes> call(WireType type, std::vector<Bytes> payloads) override {
    ensure(std::ssize(payloads) == size(), "a payload for each worker");
    ++step_;
    for (int to = 1; to < size(); ++to) {
      send_message(to, type, payloads[static_cast<std::size_t>(to)], step_);
    }
    std::vector<Bytes> answers(payloads.size());
    std::exception_ptr error;
    try {
      answers[0] = brain_.handle(type, payloads[0]);
    } catch (...) {
      error = std::current_exception();
    }
    for (int from = 1; from < size(); ++from) {
      // After an error here, others may wait for rates that never come.
      if (!wait_message(
              from, error ? Clock::now() + std::chrono::seconds(2) : Clock::time_point::max())) {
        give_up(error);
      }
      Message message = receive_message(from);
      if (message.header.type == WireType::kFailed) {
        try {
          throw_error(message.payload);
        } catch (...) {
          if (!error) error = std::current_exception();
        }
      }
      answers[static_cast<std::size_t>(from)] = std::move(message.payload);
    }
    if (error) std::rethrow_exception(error);
    return answers;
  }

 private:
  [[noreturn]] static void give_up(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& what) {
      std::fprintf(stderr, "noesis: %s\n", what.what());
    }
    MPI_Abort(MPI_COMM_WORLD, 1);
    std::abort();
  }

  ThreadArena arena_;
  MpiCommunicator communicator_;
  WorkerBrain brain_;
  std::uint64_t step_ = 0;
};

}  // namespace

bool work_for_mpi_master(int threads) {
  if (Session::get().rank == 0) return false;
  const ThreadArena arena(threads);
  MpiCommunicator communicator;
  WorkerBrain brain(communicator, arena);
  while (true) {
    wait_message(0, Clock::time_point::max());
    const Message message = receive_message(0);
    if (message.header.type == WireType::kStop) return true;
    Bytes answer;
    WireType type = WireType::kDone;
    try {
      answer = brain.handle(message.header.type, message.payload);
    } catch (const std::exception& error) {
      type = WireType::kFailed;
      answer = error_payload(error);
    }
    send_message(0, type, answer, message.header.step);
  }
}

std::unique_ptr<Crew> make_mpi_crew(int threads) { return std::make_unique<MpiCrew>(threads); }

}  // namespace noesis

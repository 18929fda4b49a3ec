// Workers that are threads of this process.

#include <condition_variable>
#include <mutex>
#include <thread>

#include "distributed/crew.hpp"
#include "distributed/mailbox_communicator.hpp"
#include "distributed/worker_brain.hpp"

namespace noesis {
namespace {

class LocalCrew final : public Crew {
 public:
  LocalCrew(int size, int threads_each, std::vector<const RowDevices*> devices)
      : group_(size), devices_(std::move(devices)), seats_(static_cast<std::size_t>(size)) {
    devices_.resize(seats_.size());
    for (int rank = 0; rank < size; ++rank) {
      threads_.emplace_back([this, rank, threads_each] { work(rank, threads_each); });
    }
  }
  ~LocalCrew() override {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    group_.abort();
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  int size() const override { return static_cast<int>(seats_.size()); }
  std::string name() const override { return std::to_string(size()) + " workers in this process"; }

  std::vector<Bytes> call(WireType type, std::vector<Bytes> payloads) override {
    ensure(payloads.size() == seats_.size(), "a payload for each worker");
    std::unique_lock lock(mutex_);
    first_error_ = nullptr;
    num_open_ = size();
    for (std::size_t rank = 0; rank < seats_.size(); ++rank) {
      seats_[rank] = {type, std::move(payloads[rank]), true};
    }
    changed_.notify_all();
    changed_.wait(lock, [this] { return num_open_ == 0; });
    if (first_error_) {
      group_.reset();
      std::rethrow_exception(first_error_);
    }
    std::vector<Bytes> answers;
    for (Seat& seat : seats_) answers.push_back(std::move(seat.bytes));
    return answers;
  }
  void replace_lost() override {}

 private:
  struct Seat {
    WireType type{};
    Bytes bytes;  // the payload, then the answer
    bool has_command = false;
  };

  void work(int rank, int threads_each) {
    const ThreadArena arena(threads_each);
    const std::unique_ptr<Communicator> communicator = group_.communicator(rank);
    WorkerBrain brain(*communicator, arena, devices_[static_cast<std::size_t>(rank)]);
    Seat& seat = seats_[static_cast<std::size_t>(rank)];
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return is_over_ || seat.has_command; });
      if (is_over_) return;
      seat.has_command = false;
      lock.unlock();
      Bytes answer;
      std::exception_ptr error;
      try {
        answer = brain.handle(seat.type, seat.bytes);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      if (error && !first_error_) {
        first_error_ = error;
        group_.abort();  // whoever waits for this one
      }
      seat.bytes = std::move(answer);
      if (--num_open_ == 0) changed_.notify_all();
    }
  }

  LocalGroup group_;
  std::vector<const RowDevices*> devices_;  // (num_workers)
  std::vector<Seat> seats_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int num_open_ = 0;
  bool is_over_ = false;
  std::exception_ptr first_error_;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Crew> make_local_crew(int size, int threads_each,
                                      std::vector<const RowDevices*> devices) {
  return std::make_unique<LocalCrew>(size, threads_each, std::move(devices));
}

}  // namespace noesis

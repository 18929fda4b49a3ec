#include "distributed/recovering_crew.hpp"

#include <algorithm>
#include <string>

namespace noesis {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Time between two snapshots over what one takes, at least.
constexpr int kSnapshotRatio = 24;

bool is_structure(WireType type) {
  return type == WireType::kInit || type == WireType::kSpawn || type == WireType::kSleep;
}

class RecoveringCrewImpl final : public RecoveringCrew {
 public:
  RecoveringCrewImpl(std::unique_ptr<Crew> crew, RecoveryOptions options)
      : crew_(std::move(crew)), options_(std::move(options)) {}

  int size() const override { return crew_->size(); }
  std::string name() const override { return crew_->name(); }
  void replace_lost() override { crew_->replace_lost(); }
  RecoveryReport report() const override { return report_; }
  void snapshot_soon() override { is_due_ = true; }
  const std::string& given_up() const override { return given_up_; }

  std::vector<Bytes> call(WireType type, std::vector<Bytes> payloads) override {
    std::vector<Bytes> answers = insist(type, payloads);
    if (is_structure(type)) {
      // All that a worker knows follows from this, for a while.
      base_ = {type, std::move(payloads)};
      snapshot_.clear();
      forget_log();
    } else if (is_logged(type)) {
      for (const Bytes& payload : payloads) log_bytes_ += std::ssize(payload);
      log_.push_back({type, std::move(payloads)});
    }
    const bool moves = type == WireType::kNormal || type == WireType::kAdaptive;
    const bool is_late = Clock::now() - last_snapshot_ >= interval();
    if (moves && (is_due_ || is_late || log_bytes_ > options_.most_log_bytes)) take_snapshot();
    return answers;
  }

 private:
  struct Command {
    WireType type{};
    std::vector<Bytes> payloads;
  };

  /// Between snapshots: longer than asked for where they would cost more than their part of time.
  Clock::duration interval() const {
    return std::max<Clock::duration>(options_.snapshot_interval, kSnapshotRatio * last_cost_);
  }

  /// Until it is answered, whoever is lost meanwhile.
  std::vector<Bytes> insist(WireType type, const std::vector<Bytes>& payloads) {
    Clock::time_point lost_at;
    for (int attempt = 0;; ++attempt) {
      try {
        if (attempt > 0) recover(lost_at);
        return crew_->call(type, payloads);
      } catch (const WorkerLost& lost) {
        if (attempt >= options_.most_in_a_row || report_.num_recoveries >= options_.most_failures) {
          give_up(lost);
          return crew_->call(type, payloads);
        }
        lost_at = Clock::now();
        ++report_.num_recoveries;
      }
    }
  }

  void recover(Clock::time_point lost_at) {
    try {
      crew_->replace_lost();
    } catch (const WorkerLost&) {
      throw;
    } catch (const RunError& error) {  // nobody comes
      return give_up(error);
    }
    replay();
    report_.recovery_s += seconds_since(lost_at);
    if (options_.on_recovery) {
      options_.on_recovery("replayed " + std::to_string(log_.size()) + " commands in " +
                           std::to_string(seconds_since(lost_at)) + " s");
    }
  }

  /// In a handler of `error`, which it throws where there is no last resort. What the workers knew
  /// follows from what they were told, which is here.
  void give_up(const RunError& error) {
    if (!options_.last_resort || !given_up_.empty()) throw;
    given_up_ = error.parts().what;
    crew_ = options_.last_resort(crew_->size());
    replay();
  }

  /// Brings workers that know nothing to where they were.
  void replay() {
    if (base_.payloads.empty()) return;
    crew_->call(base_.type, base_.payloads);
    if (!snapshot_.empty()) crew_->call(WireType::kRestore, snapshot_);
    for (const Command& command : log_) {
      crew_->call(command.type, command.payloads);
      ++report_.num_replayed;
    }
  }

  void take_snapshot() {
    const auto begin = Clock::now();
    snapshot_ =
        insist(WireType::kSnapshot, std::vector<Bytes>(static_cast<std::size_t>(crew_->size())));
    forget_log();
    is_due_ = false;
    ++report_.num_snapshots;
    last_cost_ = Clock::now() - begin;
    report_.snapshot_s += std::chrono::duration<double>(last_cost_).count();
  }

  void forget_log() {
    log_.clear();
    log_bytes_ = 0;
    last_snapshot_ = Clock::now();
  }

  std::unique_ptr<Crew> crew_;
  RecoveryOptions options_;
  RecoveryReport report_;
  Command base_;                 // the last structure
  std::vector<Bytes> snapshot_;  // (num_workers) since then, or empty
  std::vector<Command> log_;     // since that
  std::int64_t log_bytes_ = 0;
  bool is_due_ = false;
  std::string given_up_;
  Clock::time_point last_snapshot_ = Clock::now();
  Clock::duration last_cost_{0};  // of the last snapshot
};

}  // namespace

std::unique_ptr<RecoveringCrew> make_recovering_crew(std::unique_ptr<Crew> crew,
                                                     RecoveryOptions options) {
  return std::make_unique<RecoveringCrewImpl>(std::move(crew), std::move(options));
}

}  // namespace noesis

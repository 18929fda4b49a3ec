#pragma once
/// A crew that outlives its workers: what a lost one knew comes from the last snapshot of all, and
/// what all were told since is told again. Workers are machines whose state follows from their
/// commands, so that the run goes on with the bits that it would have had.

#include <chrono>
#include <functional>
#include <memory>

#include "distributed/crew.hpp"

namespace noesis {

struct RecoveryOptions {
  /// Wall time between snapshots, or 24 times what the last one took where that is longer: they
  /// cost 4% of the time at most.
  std::chrono::milliseconds snapshot_interval{10'000};
  std::int64_t most_log_bytes = std::int64_t{1} << 28;  ///< of commands to tell again
  int most_failures = 1'000'000;                        ///< losses before the run is given up
  int most_in_a_row = 20;  ///< without a command that was answered in between
  /// Where lost workers cannot be replaced: makes a crew of so many that goes on in the place of
  /// all, from where they were. Null: the run ends with the error.
  std::function<std::unique_ptr<Crew>(int size)> last_resort = {};
  /// Told of every recovery, in words.
  std::function<void(const std::string&)> on_recovery = {};
};

struct RecoveryReport {
  std::int64_t num_recoveries = 0;
  std::int64_t num_snapshots = 0;
  std::int64_t num_replayed = 0;  ///< commands
  double snapshot_s = 0;          ///< time that snapshots took
  double recovery_s = 0;          ///< time from a loss until the run went on
};

class RecoveringCrew : public Crew {
 public:
  virtual RecoveryReport report() const = 0;
  /// A snapshot with the next command, whatever the interval says.
  virtual void snapshot_soon() = 0;
  /// Why the workers were given up for the last resort; empty where they were not.
  virtual const std::string& given_up() const = 0;
};

/// Around another crew, which belongs to it.
std::unique_ptr<RecoveringCrew> make_recovering_crew(std::unique_ptr<Crew> crew,
                                                     RecoveryOptions options = {});

}  // namespace noesis

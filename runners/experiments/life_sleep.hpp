#pragma once
/// Sleep of a lifelong brain: when it comes, and what it does. Asleep the tape waits.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/rng.hpp"
#include "runners/experiments/life_config.hpp"
#include "runners/experiments/lifelong_brain.hpp"

namespace noesis {

/// How hard life is for a brain at present: the larger of
///   loss        the running mean squared error; 1 is that of predicting nothing
///   saturation  the running part of recurrent neurons with |rate| > 0.95, over one half
/// Running means are over 100 steps.
class CognitiveLoad {
 public:
  void observe(double loss, std::span<const double> rates);
  double value() const noexcept;

 private:
  double loss_ = 0;
  double saturated_ = 0;
};

/// A sample of the life so far, each step of it equally likely (reservoir sampling; Vitter, ACM
/// Trans. Math. Softw. 11:37, 1985).
class EpisodicMemory {
 public:
  EpisodicMemory(std::int64_t capacity, std::uint64_t seed);
  void store(const Sample& sample);
  const std::vector<Sample>& samples() const noexcept { return samples_; }

 private:
  std::int64_t capacity_;
  std::uint64_t seed_;
  std::int64_t seen_ = 0;
  std::vector<Sample> samples_;
};

/// Whether a brain falls asleep now.
class SleepTrigger {
 public:
  explicit SleepTrigger(const LifeSleepSpec& spec) : spec_(spec) {}
  /// After a step awake.
  bool sleeps(double load);

 private:
  LifeSleepSpec spec_;
  std::int64_t awake_ = 0;
};

/// One night: every weight is scaled down, synapses are pruned and silent ones grow in their
/// places, remembered samples are relearnt in random order; each if its switch is on. `night` makes
/// the random choices of each night different.
/// @returns synapses that were pruned.
std::int64_t sleep(LifelongBrain& brain, const EpisodicMemory& memory, std::uint64_t seed,
                   std::int64_t night);

}  // namespace noesis

#pragma once
/// Phase 2 of the loop: how good is an emulator that runs by itself?

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "physics/tape.hpp"
#include "runners/jobs/jobs.hpp"
#include "runners/loop/subject_facts.hpp"

namespace noesis {

/// Which parts a hypothesis has: "slow-core", "slow-core+gru+fast-cache", "all", "all-arousal"; or
/// a model to compare with: "echo-state", "linear".
struct Hypothesis {
  std::string name;
  bool learns = true;  ///< false: a model to compare with
  bool gru = false;
  bool fast_cache = false;
  bool arousal = false;
  bool local_bias = false;
  bool graph = false;  ///< starts from the graph that Phase 1's VAR(1) finds on the same tape

  /// @throws ConfigError naming the parts there are.
  static Hypothesis parse(const std::string& name);
};

/// The tape an emulator learns from: the subject, touched at every site with up to 1.5 times the
/// amplitude of the verdict's touches (touch_amplitudes()), of either sign.
Tape training_tape(const SubjectFacts& facts, std::uint64_t seed, std::int64_t num_samples,
                   double touched_fraction);

/// Runs an emulator free, judges it, and measures for how long it follows tapes it has not seen.
/// `extra` is added to the record. The record is what phase2_row() takes.
JobResult assess_emulator(Emulator& emulator, const Hypothesis& hypothesis,
                          const SubjectFacts& facts, std::uint64_t seed,
                          nlohmann::ordered_json extra);

/// The row of `result.phase2` of one hypothesis on one subject, from its seeds' records.
nlohmann::ordered_json phase2_row(const std::vector<nlohmann::ordered_json>& records);

}  // namespace noesis

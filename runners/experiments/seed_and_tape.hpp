#pragma once
/// `noesis seed-and-tape`: a seed of two neurons hears a tape and predicts it; neurons are born
/// where it does not succeed. Is the grown brain better than one of the same size that never grew?

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runners/experiments/seed_and_tape_config.hpp"
#include "runners/jobs/jobs.hpp"

namespace noesis {

/// See experiment.hpp.
///
/// | condition  | brain (tape_brain.hpp)                                                   |
/// |------------|--------------------------------------------------------------------------|
/// | grown      | starts as a seed; neurons are born on persistent error                   |
/// | frozen     | the same, its recurrent weights never learn                              |
/// | seed       | stays a seed                                                             |
/// | fixed      | from the start as large as `grown` became                                |
/// | echo state | a reservoir of that size                                                 |
///
/// Error is the RMS of prediction errors over that of predicting no change.
struct SeedAndTape {
  using Config = SeedAndTapeConfig;
  static constexpr const char* kName = "seed-and-tape";
  static SeedAndTapeConfig defaults(bool quick);
  static std::vector<Job> jobs(const SeedAndTapeConfig& config);
  static nlohmann::ordered_json gather(const SeedAndTapeConfig& config,
                                       const std::vector<nlohmann::ordered_json>& records);
  static std::string tables(const nlohmann::ordered_json& result);
};

}  // namespace noesis

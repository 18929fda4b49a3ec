#pragma once
/// Phase 2 of a run, as jobs.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "runners/jobs/jobs.hpp"
#include "runners/loop/loop_config.hpp"
#include "runners/loop/phase2.hpp"

namespace noesis {

/// One training and its assessment.
struct EmulationTask {
  std::string id;
  EmulationSpec spec;
  Hypothesis hypothesis;
  std::shared_ptr<const SubjectFacts> facts;
  std::uint64_t seed = 0;
  std::int64_t seed_index = 0;
};

/// Trains on a tape of its own (of the seed: the same for every hypothesis), runs free, is judged.
/// Interrupted in training, it gives nothing and is done again by a resumed run. A training that
/// blows up gives a record with "error", and the others go on.
Job phase2_job(EmulationTask task);

}  // namespace noesis

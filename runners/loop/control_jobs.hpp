#pragma once
/// The controls of a run, as jobs.

#include <memory>
#include <vector>

#include "runners/jobs/jobs.hpp"
#include "runners/loop/subject_facts.hpp"

namespace noesis {

/// One job a control of the subject: those of make_controls() and "model-form fit", an emulator
/// that knows the equations and the graph and was fitted to 600 samples, which must be Alive.
/// Records are entries of `result.controls`. The facts are shared, and must not change.
std::vector<Job> control_jobs(std::shared_ptr<const SubjectFacts> facts, std::uint64_t seed);

}  // namespace noesis

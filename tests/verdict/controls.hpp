#pragma once
/// A subject, its controls and what became of them, for tests.

#include <cstdint>
#include <string>
#include <vector>

#include "runners/loop/controls.hpp"

namespace noesis::test {

struct ControlResult {
  std::string name;
  bool applies = false;
  bool holds = false;
  VerdictKind expected = VerdictKind::kZombie;
  Verdict verdict;
};

/// Verdicts on all controls of a subject.
std::vector<ControlResult> judge_controls(const std::string& subject, std::uint64_t seed);

/// Expects of every control its verdict and its reasons, and of a replay that nothing but touches
/// and forks tells it from the subject.
void expect_controls_hold(const std::vector<ControlResult>& results);

}  // namespace noesis::test

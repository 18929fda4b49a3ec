#include "tests/verdict/controls.hpp"

#include <gtest/gtest.h>

#include "core/threads.hpp"
#include "physics/verdict/evidence.hpp"

namespace noesis::test {
namespace {

std::string describe(const Verdict& verdict) {
  std::string text(verdict_name(verdict.kind));
  for (const Criterion& c : verdict.criteria) {
    text += "\n  " + c.name + " " + (c.value ? std::to_string(*c.value) : "undefined") + " " +
            std::string(outcome_name(c.outcome));
  }
  return text;
}

}  // namespace

std::vector<ControlResult> judge_controls(const std::string& subject, std::uint64_t seed) {
  const ThreadArena arena(1);
  const Subject healthy = make_subject(subject, seed);
  const auto process = make_process(healthy, arena);
  const VerdictReference reference = measure_reference(healthy, *process, {.seed = seed});
  std::vector<ControlResult> results;
  for (const Control& control : make_controls(subject, seed, reference, seed, arena)) {
    ControlResult result{.name = control.name, .expected = control.expected, .verdict = {}};
    if (control.process) {
      const Evidence evidence =
          collect_evidence(*control.process, reference, {.seed = seed + 100, .keep_series = false});
      result.applies = true;
      result.verdict = judge(reference, evidence);
      result.holds = control_holds(control, result.verdict);
    }
    results.push_back(std::move(result));
  }
  return results;
}

void expect_controls_hold(const std::vector<ControlResult>& results) {
  for (const ControlResult& result : results) {
    if (!result.applies) continue;
    EXPECT_TRUE(result.holds) << result.name << " is " << describe(result.verdict);
    if (result.name != "replay") continue;
    for (const Criterion& criterion : result.verdict.criteria) {
      const bool deaf =
          criterion.name.starts_with("touch") || criterion.name.starts_with("exponent");
      EXPECT_EQ(criterion.outcome, deaf ? Outcome::kFails : Outcome::kPasses) << criterion.name;
    }
  }
}

}  // namespace noesis::test

#pragma once
/// Candidates whose verdict is known beforehand: if one comes out differently, no verdict of the
/// run can be relied on.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/threads.hpp"
#include "physics/process.hpp"
#include "physics/subject.hpp"
#include "physics/verdict/reference.hpp"
#include "physics/verdict/verdict.hpp"

namespace noesis {

struct Control {
  std::string name;
  VerdictKind expected = VerdictKind::kZombie;
  /// Criteria that must fail where they apply (the exponent's do not to a subject that is not
  /// chaotic); names of criterion_names().
  std::vector<std::string> must_fail;
  /// Null for a control that the subject cannot have.
  std::unique_ptr<Process> process;
  std::string not_applicable;  ///< why there is no process
};

/// All controls of a subject: "other start" (Alive), "dead" (Catatonic), "seized" (Seizing), and
/// the Zombies "white noise", "1/f noise", "Ornstein-Uhlenbeck", "phase-randomised", "IAAFT",
/// "time shuffle", "time reversal", "replay", "limit cycle", "dead + noise .02", "dead + noise .3"
/// and "stranger". Surrogates are made from a recording of the subject from its own start, derived
/// from `seed`; 1/f noise has the exponent of the second band from .02 cycles per tau on.
/// Lorenz-63: "seized" rests at the upper ends of the subject's range; the limit cycle (rho 350) is
/// observed with the subject's means and deviations, since it lies elsewhere; noise is in units of
/// ten of the subject's mean deviations, as .1 is that of brains; there is no stranger. `subject`
/// and `subject_seed` are what make_subject() takes, `make_backend` is of all that are brains; the
/// arena is borrowed by the processes. More controls can be added to the list.
std::vector<Control> make_controls(const std::string& subject, std::uint64_t subject_seed,
                                   const VerdictReference& reference, std::uint64_t seed,
                                   const ThreadArena& arena,
                                   const BackendFactory<double>& make_backend = {});

/// Whether the verdict is the expected one, for the expected reasons.
bool control_holds(const Control& control, const Verdict& verdict);

}  // namespace noesis

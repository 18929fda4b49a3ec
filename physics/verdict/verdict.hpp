#pragma once
/// The verdict on a candidate: a pure function of what its subject is like and what was seen of it.
///
/// In this order: a state that is not finite or out of bounds, or a seizure for most of the time,
/// is Seizing; else no movement for most of the time is Catatonic; else a candidate that fails any
/// criterion that decides is a Zombie: it moves, but not as its subject does; else it is Alive.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "physics/verdict/evidence.hpp"
#include "physics/verdict/reference.hpp"

namespace noesis {

enum class VerdictKind { kAlive, kCatatonic, kSeizing, kZombie };
std::string_view verdict_name(VerdictKind kind);  ///< "Alive", ...

enum class Outcome { kPasses, kFails, kNotApplicable };
std::string_view outcome_name(Outcome outcome);  ///< "passes", "fails", "not applicable"

/// One question put to a candidate. Passes when low <= value <= high, as far as there are limits.
struct Criterion {
  std::string name;             ///< of criterion_names()
  std::optional<double> value;  ///< empty when undefined
  std::optional<double> low;
  std::optional<double> high;
  Outcome outcome = Outcome::kNotApplicable;
  bool decides = true;  ///< false: reported only
  std::string text;     ///< what numbers do not say, if anything
};

struct Verdict {
  VerdictKind kind = VerdictKind::kAlive;
  std::vector<Criterion> criteria;  ///< in the order of criterion_names()

  const Criterion& criterion(std::string_view name) const;  ///< @throws InternalError
};

/// | name               | value                                                  | passes        |
/// |--------------------|--------------------------------------------------------|---------------|
/// | finite             | part of the free run that was finite, within bounds    | 1             |
/// | seizing            | part of its windows in seizure                         | <= .5         |
/// | catatonic          | part of its windows without movement                   | <= .5         |
/// | bands              | bands whose exponent is the subject's                  | >= 2          |
/// | family             | spectral family                                        | the subject's |
/// | d_h                | Hellinger distance of spectra                          | <= 2 q95      |
/// | d_del              | divergence of delay histograms                         | <= 2 q95      |
/// | d_stsp             | divergence in state space; decides up to 5 units       | <= 2 q95      |
/// | touch_correlation  | of responses to touches with the subject's             | >= .5         |
/// | touch_gain         | size of responses over the subject's                   | .5 .. 2       |
/// | exponent_positive  | lambda - 3 SE, where the subject is chaotic            | >= 0          |
/// | exponent_close     | lambda over the subject's, likewise                    | .7 .. 1.3     |
/// | hypersynchrony     | part of windows too synchronous; reported              | <= .5         |
/// | wasserstein        | distance of values over sd; reported                   | -             |
const std::vector<std::string>& criterion_names();

/// A window enters seizure when M > .6 or Sat > .5, and leaves when M < .4 and Sat < .2; enters
/// stillness when V < .1 V_ref or A < .05, and leaves when V > .3 V_ref and A > .2; enters
/// hypersynchrony when chi > .7 and the sd of the mean > 3 of the subject's, and leaves when
/// chi < .5. All start outside.
Verdict judge(const VerdictReference& reference, const Evidence& evidence);

}  // namespace noesis

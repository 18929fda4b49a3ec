#pragma once
/// What a process does when touched: twins that differ by a pulse.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "physics/process.hpp"

namespace noesis {

struct Touch {
  std::int64_t site = 0;
  std::int64_t unit = 0;  ///< the unit touched: left out of the comparison
  double amplitude = 2;   ///< in the unit of the subject's drive
};

struct TouchProtocol {
  std::vector<Touch> touches;
  std::int64_t pulse_samples = 5;
  std::int64_t lag_samples = 15;  ///< samples compared, from the start of the pulse
};

/// Mean over states of pulsed minus unpulsed twin: (num_touches x lag_samples x num_units). Twins
/// go on from copies of the states, so noise is the same in both. NaN where a twin is not finite.
std::vector<double> touch_responses(Process& process, std::span<const Process::State> states,
                                    const TouchProtocol& protocol);

struct TouchAgreement {
  /// r_off: over lags and units but the touched one, mean over touches. Empty when a response is
  /// constant there, or not finite.
  std::optional<double> correlation;
  /// RMS of the candidate's responses over that of the subject's, over everything.
  std::optional<double> gain;
};

TouchAgreement compare_touches(const TouchProtocol& protocol, std::span<const double> subject,
                               std::span<const double> candidate, std::int64_t num_units);

}  // namespace noesis

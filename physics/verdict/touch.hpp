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
  double amplitude = 2;             ///< in the unit of the subject's drive
  std::vector<std::int64_t> units;  ///< compared: not the one touched
};

struct TouchProtocol {
  std::vector<Touch> touches;
  std::int64_t pulse_samples = 5;
  std::int64_t lag_samples = 15;  ///< samples compared, from the start of the pulse
};

/// (num_touches x lag_samples x num_units) each, over states.
struct TouchResponses {
  std::vector<double> mean;
  std::vector<double> squared_error;  ///< squared standard error of the mean
};

/// Pulsed minus unpulsed twin, for at least two states. Twins go on from copies of the states, so
/// noise is the same in both. NaN where a twin is not finite.
TouchResponses touch_responses(Process& process, std::span<const Process::State> states,
                               const TouchProtocol& protocol);

/// Correlation of two responses to one touch (lag_samples x num_units), over lags and the given
/// units. Empty when a response is constant there, or not finite.
std::optional<double> touch_correlation(std::span<const double> response,
                                        std::span<const double> other, std::int64_t num_units,
                                        std::span<const std::int64_t> compared);

struct TouchAgreement {
  /// r_off: touch_correlation over the units compared, mean over touches. Empty when one is.
  std::optional<double> correlation;
  /// RMS of the candidate's responses over that of the subject's, over everything.
  std::optional<double> gain;
};

/// @throws InternalError when there are no touches.
TouchAgreement compare_touches(const TouchProtocol& protocol, std::span<const double> subject,
                               std::span<const double> candidate, std::int64_t num_units);

}  // namespace noesis

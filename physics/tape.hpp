#pragma once
/// What an emulator learns from: what was observed of a process, and the currents applied to it.

#include <cstdint>
#include <span>
#include <vector>

#include "physics/process.hpp"

namespace noesis {

/// Sample t was observed at the end of an interval under the constant inputs of row t.
struct Tape {
  std::int64_t num_units = 0;
  std::int64_t num_sites = 0;
  std::vector<double> observations;  ///< (num_samples x num_units)
  std::vector<double> inputs;        ///< (num_samples x num_sites)

  std::int64_t num_samples() const noexcept {
    return num_units == 0 ? 0 : static_cast<std::int64_t>(observations.size()) / num_units;
  }
  std::span<const double> observation(std::int64_t t) const {
    return std::span(observations)
        .subspan(static_cast<std::size_t>(t * num_units), static_cast<std::size_t>(num_units));
  }
  std::span<const double> input(std::int64_t t) const {
    return std::span(inputs).subspan(static_cast<std::size_t>(t * num_sites),
                                     static_cast<std::size_t>(num_sites));
  }
};

/// Touches while a tape is recorded: pulses of `pulse_samples` on one site at a time, as often as
/// makes `fraction` of all samples touched. `scale` is the unit of each site's input.
struct TouchPlan {
  double fraction = 0.3;           ///< of the samples under a pulse, in [0, 1)
  double amplitude = 3;            ///< pulses are uniform in [-amplitude, amplitude] times scale
  std::int64_t pulse_samples = 5;  ///< >= 1
  std::vector<double> scale;       ///< (num_sites), empty: 1 each
};

/// `num_samples` samples of the process from start(seed), touched by plan; the touches are drawn
/// from the same seed. @throws ConfigError for a plan out of range.
Tape record_tape(Process& process, std::uint64_t seed, std::int64_t num_samples,
                 const TouchPlan& plan);

/// A process that can follow a tape before it runs by itself.
class Emulator : public Process {
 public:
  /// The state after samples [first, first + count) of the tape were heard: the step that follows
  /// predicts sample first + count. @throws ConfigError when the range is not on the tape.
  virtual State listen(const Tape& tape, std::int64_t first, std::int64_t count) = 0;
};

}  // namespace noesis

#pragma once
/// Tapes that seed-and-tape brains predict.

#include <cstdint>
#include <string>
#include <vector>

#include "env/tasks/tape.hpp"

namespace noesis {

/// | kind      | what plays                                                                     |
/// |-----------|--------------------------------------------------------------------------------|
/// | sines     | the complex sine tape of noesis/Tape-v0: sines of incommensurate periods        |
/// | switching | the same, other sines every `regime_steps`                                      |
/// | chaotic   | Mackey & Glass, x' = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x (Science 197:287,
/// | |           | 1977), a value every 3 time units, shifted by -0.9 and times 2 | | silence   | 0
/// (nothing to learn: a control)                                                |
///
/// `num_values` values, about within [-1, 1]; a pure function of the seed.
/// @throws ConfigError for sines that cannot be.
std::vector<double> signal_tape(const std::string& kind, const TapeOptions& sines,
                                std::int64_t num_values, std::uint64_t seed);

/// RMS difference of successive values: the error of predicting no change.
double persistence_error(const std::vector<double>& tape);

}  // namespace noesis

#pragma once
/// Random counts and branching processes with a known answer, for tests of the vitals.

#include <cstdint>
#include <vector>

#include "core/rng.hpp"

namespace noesis::test {

/// Draws by inversion that starts at the mode, exact up to rounding, in about sqrt(variance) steps.
std::int64_t poisson(RandomSequence& random, double mean);
std::int64_t binomial(RandomSequence& random, std::int64_t number, double probability);

/// Counts of `num_bins` of a branching process, A(t + 1) ~ Poisson(ratio A(t) + drive), of which
/// each unit is seen with probability `seen`. Starts at the stationary mean.
std::vector<double> branching_process(std::int64_t num_bins, double ratio, double drive,
                                      double seen, std::uint64_t seed);

/// Counts of avalanches that begin with one unit, each unit leaving Poisson(offspring) in the next
/// bin, with a silent bin before, between and after. An avalanche ends early when it exceeds both
/// limits.
std::vector<double> avalanche_series(std::int64_t num_avalanches, double offspring, double max_size,
                                     std::int64_t max_duration, std::uint64_t seed);

}  // namespace noesis::test

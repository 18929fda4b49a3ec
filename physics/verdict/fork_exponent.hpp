#pragma once
/// The largest Lyapunov exponent of any process, by forking it.

#include <cstdint>
#include <optional>
#include <span>

#include "physics/process.hpp"

namespace noesis {

struct ForkOptions {
  double distance = 1e-8;  ///< of the twins, over the norm of the state or 1, the larger
  double rescale = 1;      ///< time between two rescalings [tau]
  double align = 50;       ///< dropped first, while the difference turns to where it grows [tau]
  double duration = 170;   ///< measured, of each fork [tau]
};

struct ForkExponent {
  double value = 0;           ///< [1/tau]
  double standard_error = 0;  ///< over forks [1/tau]
};

/// Mean rate at which twins part, one pair for each state (>= 2 of them). A twin starts from the
/// state with every entry that is no whole number shifted at random; whole numbers are seeds and
/// counts, so that both twins have the same noise (process.hpp). Empty when twins do not differ (a
/// recording), or a state is not finite.
std::optional<ForkExponent> fork_exponent(Process& process, std::span<const Process::State> states,
                                          std::uint64_t seed, const ForkOptions& options = {});

}  // namespace noesis

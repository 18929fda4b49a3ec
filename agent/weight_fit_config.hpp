#pragma once
/// How weights are fitted to activity (agent/weight_fit.hpp).

#include <cstdint>
#include <string>

#include "core/config.hpp"

namespace noesis {

/// The `[fit]` section of a configuration.
struct WeightFitConfig {
  std::int64_t max_iterations = 300;
  double tolerance = 1e-4;
  std::int64_t window = 5;
  std::string starts = "free";
  double continuity = 1;
  bool bias = true;

  template <class V>
  void visit(V& v) {
    v("max_iterations", max_iterations, "Most iterations", between(1, 10'000'000));
    v("tolerance", tolerance, "Ends when ten iterations lower the loss by a smaller share",
      at_least(0));
    v("window", window, "Intervals that a window spans; short against the Lyapunov time",
      between(1, 1'000'000));
    v("starts", starts, "State at the start of a window: fitted, or taken as observed",
      one_of({"free", "observed"}));
    v("continuity", continuity, "Weight of the jumps between windows (free starts)", at_least(0));
    v("bias", bias, "Fit the bias too; else the brain's own drive is taken as known");
  }
};

}  // namespace noesis

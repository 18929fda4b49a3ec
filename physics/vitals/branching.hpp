#pragma once
/// Branching ratio m: how many successors a unit of activity has in the next bin, by the multistep
/// regression of Wilting and Priesemann (Nat. Commun. 9:2325, 2018). The slopes r_k of A(t + k) on
/// A(t) follow b m^k; seeing only a part of the units, or seeing them noisily, lowers b but leaves
/// m, where the naive estimate r_1 = b m falls with b. Pure and thread-safe.

#include <vector>

#include "physics/vitals/measured.hpp"
#include "physics/vitals/series.hpp"

namespace noesis {

struct BranchingOptions {
  int max_lag = 100;  ///< k_max >= 3 [bins]; about the decay time of the correlation, or more
};

struct Branching {
  double ratio = 0.0;          ///< m in [0, 1.5]: below 1 activity dies out, above 1 it grows
  double tau_bins = 0.0;       ///< -1 / ln m [bins]; +inf for m >= 1, 0 for m = 0
  double amplitude = 0.0;      ///< b
  double naive_ratio = 0.0;    ///< r_1, right only where all units are seen
  double r_squared = 0.0;      ///< 1 - |r - b m^k|^2 / |r - mean r|^2: far below 1, m means nothing
  std::vector<double> slopes;  ///< r_k for k = 1 .. k_max
};

/// `activity` is counts or rates (num_bins x num_trials): each column is one trial, and all trials
/// are taken to share one mean. Neither scale nor offset of the activity matters. Undefined for
/// fewer than 4 max_lag bins, constant activity, or slopes that fit no b > 0.
/// @throws ConfigError for options out of range, and as check_series(activity, 1).
Measured<Branching> branching_ratio(const SeriesView& activity,
                                    const BranchingOptions& options = {});

}  // namespace noesis

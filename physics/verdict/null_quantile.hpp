#pragma once
/// Quantiles over pairs of runs.

#include <cstdint>
#include <functional>
#include <vector>

namespace noesis {

/// A quantile over pairs of runs, with its 95% interval from resampling runs.
struct NullQuantile {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// Distances from each run to each other: (num_runs x num_runs), the diagonal unused.
class RunPairs {
 public:
  RunPairs(std::int64_t num_runs,
           const std::function<double(std::int64_t run, std::int64_t other)>& distance);

  /// All ordered pairs; unordered ones once where the distance is symmetric.
  std::vector<double> values(bool symmetric) const;
  /// Quantile `fraction` of all pairs. Its interval is from drawing runs with replacement
  /// `num_resamples` times (a pair is of two different runs), since pairs that share a run are not
  /// independent.
  NullQuantile quantile_of(double fraction, std::int64_t num_resamples, std::uint64_t seed) const;

 private:
  double at(std::int64_t run, std::int64_t other) const {
    return distances_[static_cast<std::size_t>(run * num_runs_ + other)];
  }

  std::int64_t num_runs_;
  std::vector<double> distances_;
};

}  // namespace noesis

#include "physics/verdict/null_quantile.hpp"

#include "core/rng.hpp"
#include "physics/vitals/quantile.hpp"

namespace noesis {

RunPairs::RunPairs(std::int64_t num_runs,
                   const std::function<double(std::int64_t, std::int64_t)>& distance)
    : num_runs_(num_runs) {
  for (std::int64_t i = 0; i < num_runs; ++i) {
    for (std::int64_t j = 0; j < num_runs; ++j) {
      distances_.push_back(i == j ? 0.0 : distance(i, j));
    }
  }
}

std::vector<double> RunPairs::values(bool symmetric) const {
  std::vector<double> all;
  for (std::int64_t i = 0; i < num_runs_; ++i) {
    for (std::int64_t j = symmetric ? i + 1 : 0; j < num_runs_; ++j) {
      if (i != j) all.push_back(at(i, j));
    }
  }
  return all;
}

NullQuantile RunPairs::quantile_of(double fraction, std::int64_t num_resamples,
                                   std::uint64_t seed) const {
  std::vector<double> quantiles;
  for (std::int64_t resample = 0; resample < num_resamples; ++resample) {
    RandomSequence random(seed, Stream::kResampling, static_cast<std::uint32_t>(resample));
    std::vector<std::int64_t> drawn;
    for (std::int64_t k = 0; k < num_runs_; ++k) {
      drawn.push_back(
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(num_runs_))));
    }
    std::vector<double> pairs;
    for (const std::int64_t i : drawn) {
      for (const std::int64_t j : drawn) {
        if (i != j) pairs.push_back(at(i, j));
      }
    }
    if (!pairs.empty()) quantiles.push_back(quantile(std::move(pairs), fraction));
  }
  const double value = quantile(values(false), fraction);
  if (quantiles.empty()) return {value, value, value};
  return {value, quantile(quantiles, 0.025), quantile(quantiles, 0.975)};
}

}  // namespace noesis

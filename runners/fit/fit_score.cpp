#include "runners/fit/fit_score.hpp"

#include <cmath>

#include "core/error.hpp"

namespace noesis {

WeightPairs pair_weights(const Connectome& truth, const Connectome& wiring,
                         std::span<const double> fitted) {
  ensure(truth.num_neurons() == wiring.num_neurons(), "connectomes of one size");
  ensure(static_cast<std::int64_t>(fitted.size()) == wiring.num_synapses(), "a weight a synapse");
  const std::vector<Synapse> a = truth.edges(), b = wiring.edges();
  const auto before = [](const Synapse& x, const Synapse& y) {
    return x.target != y.target ? x.target < y.target : x.source < y.source;
  };
  WeightPairs pairs;
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const bool only_truth = j == b.size() || (i < a.size() && before(a[i], b[j]));
    const bool only_fitted = i == a.size() || (j < b.size() && before(b[j], a[i]));
    pairs.truth.push_back(only_fitted ? 0 : static_cast<double>(a[i].weight));
    pairs.fitted.push_back(only_truth ? 0 : fitted[j]);
    if (!only_fitted) ++i;
    if (!only_truth) ++j;
  }
  return pairs;
}

WeightScore score_weights(const Connectome& truth, const Connectome& wiring,
                          std::span<const double> fitted) {
  const WeightPairs pairs = pair_weights(truth, wiring, fitted);
  const auto count = static_cast<double>(pairs.truth.size());
  double miss = 0, norm = 0, mean_t = 0, mean_f = 0;
  for (std::size_t k = 0; k < pairs.truth.size(); ++k) {
    const double t = pairs.truth[k], f = pairs.fitted[k];
    miss += (f - t) * (f - t);
    norm += t * t;
    mean_t += t / count;
    mean_f += f / count;
  }
  double tt = 0, ff = 0, tf = 0;
  for (std::size_t k = 0; k < pairs.truth.size(); ++k) {
    const double t = pairs.truth[k] - mean_t, f = pairs.fitted[k] - mean_f;
    tt += t * t;
    ff += f * f;
    tf += t * f;
  }
  return {std::sqrt(miss / norm), tt * ff > 0 ? tf / std::sqrt(tt * ff) : 0};
}

}  // namespace noesis

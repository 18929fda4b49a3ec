#pragma once
/// Who drives whom, as a posterior that every sample sharpens: Bayesian linear regression (ridge)
/// of each neuron's synaptic input on the rates of the others, by rank-one updates.
///
///   y_i = sum_j W_ij x_j + noise,   W_ij ~ N(0, prior_sd^2), W_ii = 0
///
/// Evidence for a synapse: the Savage-Dickey ratio (Dickey, Ann. Math. Stat. 42:204, 1971) of "W_ij
/// as in the prior" against "W_ij = 0" from its marginal posterior N(m, v):
/// ln B = ln(v / prior_sd^2) / 2 + m^2 / (2 v).

#include <cstdint>
#include <span>
#include <vector>

#include "env/bytes.hpp"
#include "physics/connectome.hpp"

namespace noesis {

class GraphPosterior {
 public:
  GraphPosterior(std::int64_t num_neurons, double prior_sd);

  std::int64_t num_neurons() const noexcept { return n_; }

  /// One sample: the `target`'s synaptic input was y with a variance, at rates x (num_neurons).
  void update(std::int64_t target, std::span<const double> x, double y, double variance);

  double mean(std::int64_t source, std::int64_t target) const;
  double variance(std::int64_t source, std::int64_t target) const;
  /// ln B as above.
  double evidence(std::int64_t source, std::int64_t target) const;
  /// Mean variance of the synapses that leave a neuron, over the prior's: 1 when nothing is known.
  double uncertainty(std::int64_t source) const;

  /// Average precision of the evidence for all pairs of different neurons against a connectome's
  /// synapses; 0 where it has none.
  double auprc(const Connectome& truth) const;

  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  double* covariance(std::int64_t target) { return covariance_.data() + target * n_ * n_; }
  const double* covariance(std::int64_t target) const {
    return covariance_.data() + target * n_ * n_;
  }

  std::int64_t n_;
  double prior_variance_;
  std::vector<double> mean_;        ///< (targets x sources)
  std::vector<double> covariance_;  ///< (targets x sources x sources)
  std::vector<double> gain_;        ///< scratch (sources)
};

}  // namespace noesis

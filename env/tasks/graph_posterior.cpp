#include "env/tasks/graph_posterior.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/math.hpp"
#include "physics/discovery/scores.hpp"

namespace noesis {

GraphPosterior::GraphPosterior(std::int64_t num_neurons, double prior_sd)
    : n_(num_neurons),
      prior_variance_(prior_sd * prior_sd),
      mean_(static_cast<std::size_t>(n_ * n_)),
      covariance_(static_cast<std::size_t>(n_ * n_ * n_)),
      gain_(static_cast<std::size_t>(n_)) {
  for (std::int64_t target = 0; target < n_; ++target) {
    for (std::int64_t source = 0; source < n_; ++source) {
      if (source != target) covariance(target)[source * n_ + source] = prior_variance_;
    }
  }
}

void GraphPosterior::update(std::int64_t target, std::span<const double> x, double y,
                            double variance) {
  double* c = covariance(target);
  double* w = mean_.data() + target * n_;
  double spread = variance;
  double surprise = y;
  for (std::int64_t j = 0; j < n_; ++j) {
    double sum = 0;
    for (std::int64_t k = 0; k < n_; ++k) sum += c[j * n_ + k] * x[static_cast<std::size_t>(k)];
    gain_[static_cast<std::size_t>(j)] = sum;
    spread += sum * x[static_cast<std::size_t>(j)];
    surprise -= w[j] * x[static_cast<std::size_t>(j)];
  }
  for (std::int64_t j = 0; j < n_; ++j) {
    const double share = gain_[static_cast<std::size_t>(j)] / spread;
    w[j] += share * surprise;
    for (std::int64_t k = 0; k < n_; ++k)
      c[j * n_ + k] -= share * gain_[static_cast<std::size_t>(k)];
  }
}

double GraphPosterior::mean(std::int64_t source, std::int64_t target) const {
  return mean_[static_cast<std::size_t>(target * n_ + source)];
}

double GraphPosterior::variance(std::int64_t source, std::int64_t target) const {
  // Rounding may leave a tiny negative number where all is known.
  return std::max(covariance(target)[source * n_ + source], 1e-12 * prior_variance_);
}

double GraphPosterior::evidence(std::int64_t source, std::int64_t target) const {
  const double m = mean(source, target);
  const double v = variance(source, target);
  return (math::log(v / prior_variance_) + m * m / v) / 2;
}

double GraphPosterior::uncertainty(std::int64_t source) const {
  double sum = 0;
  for (std::int64_t target = 0; target < n_; ++target) {
    if (target != source) sum += variance(source, target);
  }
  return sum / (static_cast<double>(n_ - 1) * prior_variance_);
}

double GraphPosterior::auprc(const Connectome& truth) const {
  std::vector<double> scores;
  std::vector<bool> is_edge;
  for (std::int64_t target = 0; target < n_; ++target) {
    const auto sources = truth.synapses().row_sources(target);
    for (std::int64_t source = 0; source < n_; ++source) {
      if (source == target) continue;
      scores.push_back(evidence(source, target));
      is_edge.push_back(std::binary_search(sources.begin(), sources.end(), source));
    }
  }
  return truth.num_synapses() > 0 ? average_precision(scores, is_edge) : 0;
}

void GraphPosterior::save(ByteWriter& out) const {
  out.put(mean_);
  out.put(covariance_);
}

void GraphPosterior::load(ByteReader& in) {
  std::vector<double> mean, covariance;
  in.get(mean);
  in.get(covariance);
  if (mean.size() != mean_.size() || covariance.size() != covariance_.size()) {
    ByteReader::fail("a posterior of another size");
  }
  mean_ = std::move(mean);
  covariance_ = std::move(covariance);
}

}  // namespace noesis

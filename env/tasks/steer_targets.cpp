#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "env/tasks/steer.hpp"

namespace noesis {

SteerTargets::SteerTargets(const Subject& subject, const SteerOptions& options)
    : holding_(subject),
      num_neurons_(subject.connectome->num_neurons()),
      low_(options.target_low),
      high_(options.target_high),
      limit_(kHoldingShare * options.brain.amplitude) {
  const Sites sites =
      select_sites(options.brain.stimulated, num_neurons_,
                   static_cast<std::uint64_t>(options.brain.brain_seed), "stimulated");
  for (std::int64_t site = 0; site < sites.size(); ++site) neurons_.push_back(sites.tip(site));
  if (low_ > high_) {
    throw ConfigError({.what = "target_low is above target_high",
                       .where = "target_low",
                       .got = std::to_string(low_),
                       .allowed = "at most " + std::to_string(high_),
                       .next = {}});
  }
}

std::vector<double> SteerTargets::rates_of(std::span<const double> target) const {
  std::vector<double> rates(static_cast<std::size_t>(num_neurons_), kNominalRate);
  for (std::size_t k = 0; k < neurons_.size(); ++k) {
    rates[static_cast<std::size_t>(neurons_[k])] = target[k];
  }
  return rates;
}

std::vector<double> SteerTargets::holding_current(std::span<const double> target) const {
  const std::vector<double> rates = rates_of(target);
  std::vector<double> current = holding_.needed(target);
  for (std::size_t k = 0; k < target.size(); ++k) {
    current[k] -= holding_.received(rates, neurons_[k]);
  }
  return current;
}

std::vector<double> SteerTargets::draw(std::uint64_t seed) const {
  RandomSequence random(seed, Stream::kTask);
  std::vector<double> target(neurons_.size()), needed(neurons_.size()), drawn;
  std::vector<std::size_t> open(neurons_.size());  // those whose rate is to be drawn
  std::iota(open.begin(), open.end(), std::size_t{0});
  for (int attempt = 0; attempt < 1000; ++attempt) {
    drawn.resize(open.size());
    for (double& rate : drawn) rate = low_ + (high_ - low_) * random.uniform();
    const std::vector<double> input = holding_.needed(drawn);
    for (std::size_t k = 0; k < open.size(); ++k) {
      target[open[k]] = drawn[k];
      needed[open[k]] = input[k];
    }
    open.clear();
    const std::vector<double> rates = rates_of(target);
    for (std::size_t k = 0; k < target.size(); ++k) {
      const double current = needed[k] - holding_.received(rates, neurons_[k]);
      if (!(std::abs(current) <= limit_)) open.push_back(k);  // NaN too
    }
    if (open.empty()) return target;
  }
  throw ConfigError({.what = "no target pattern can be held by currents of this size",
                     .where = "amplitude",
                     .got = std::to_string(limit_ / kHoldingShare),
                     .allowed = {},
                     .next = "raise amplitude, or bring target_low and target_high nearer to the "
                             "rates that the brain has by itself"});
}

}  // namespace noesis

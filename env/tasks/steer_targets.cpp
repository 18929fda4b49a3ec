#include <cmath>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "env/tasks/steer.hpp"

namespace noesis {

SteerTargets::SteerTargets(const Subject& subject, const SteerOptions& options)
    : holding_(subject),
      sites_(select_sites(options.stimulated, subject.connectome->num_neurons(),
                          static_cast<std::uint64_t>(options.brain_seed), "stimulated")),
      num_neurons_(subject.connectome->num_neurons()),
      low_(options.target_low),
      high_(options.target_high),
      limit_(kHoldingShare * options.amplitude) {
  if (low_ > high_) {
    throw ConfigError({.what = "target_low is above target_high",
                       .where = "target_low",
                       .got = std::to_string(low_),
                       .allowed = "at most " + std::to_string(high_),
                       .next = {}});
  }
}

std::vector<double> SteerTargets::holding_current(std::span<const double> target) const {
  std::vector<double> rates(static_cast<std::size_t>(num_neurons_), kNominalRate);
  for (std::size_t k = 0; k < sites_.size(); ++k) {
    rates[static_cast<std::size_t>(sites_[k])] = target[k];
  }
  std::vector<double> current;
  current.reserve(sites_.size());
  for (const std::int64_t site : sites_) current.push_back(holding_.of(rates, site));
  return current;
}

std::vector<double> SteerTargets::draw(std::uint64_t seed) const {
  RandomSequence random(seed, Stream::kTask);
  const auto rate = [&] { return low_ + (high_ - low_) * random.uniform(); };
  std::vector<double> target(sites_.size());
  for (double& level : target) level = rate();
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const std::vector<double> current = holding_current(target);
    bool held = true;
    for (std::size_t k = 0; k < target.size(); ++k) {
      if (std::abs(current[k]) <= limit_) continue;  // false for NaN
      held = false;
      target[k] = rate();
    }
    if (held) return target;
  }
  throw ConfigError({.what = "no target pattern can be held by currents of this size",
                     .where = "amplitude",
                     .got = std::to_string(limit_ / kHoldingShare),
                     .allowed = {},
                     .next = "raise amplitude, or bring target_low and target_high nearer to the "
                             "rates that the brain has by itself"});
}

}  // namespace noesis

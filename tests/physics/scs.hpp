#pragma once
// Random rate networks x' = -x + J tanh(x), J_ij ~ N(0, g^2 / N), without autapses (Sompolinsky,
// Crisanti & Sommers, Phys. Rev. Lett. 61, 1988); time in tau.

#include "physics/generators.hpp"
#include "tests/physics/attractor.hpp"

namespace noesis::testing {

struct ScsNetwork {
  std::int64_t num_neurons = 500;
  double gain = 3;
  double duration = 300;

  LyapunovEstimate exponent(std::uint64_t seed) const {
    const auto brain = std::make_shared<Connectome>(
        random_connectome({.num_neurons = num_neurons, .gain = gain}, seed));
    BrainSpec spec;
    spec.model.name = "rate";
    spec.model.rate.tau_ms = 1;
    spec.integrator.dt_ms = 0.1;
    spec.initial = {-1, 1};
    return largest_exponent(brain, spec, seed,
                            {.transient = 100, .duration = duration, .renormalise_interval = 1});
  }

  /// Largest exponents of `count` networks.
  std::vector<double> exponents(std::uint64_t first_seed, int count) const {
    std::vector<double> values;
    for (int k = 0; k < count; ++k) {
      values.push_back(exponent(first_seed + static_cast<std::uint64_t>(k)).exponent);
    }
    return values;
  }
};

/// Exponents above 0.005 / tau.
inline int num_chaotic(const std::vector<double>& exponents) {
  return static_cast<int>(
      std::count_if(exponents.begin(), exponents.end(), [](double l) { return l > 0.005; }));
}

}  // namespace noesis::testing

#pragma once
// C. elegans as a brain: each neuron a Wilson-Cowan pair of the limit-cycle set, P = 1.25 + 0.1
// N(0, 1).

#include <string>

#include "physics/celegans_connectome.hpp"
#include "tests/physics/attractor.hpp"
#include "tests/physics/brains.hpp"

namespace noesis::testing {

struct Worm {
  std::string signs = "convention";
  double coupling = 1;
  double drive = 1.25;
  std::int64_t rewire_seed = 0;
  double duration = 600;

  ConnectomePtr connectome() const {
    return std::make_shared<Connectome>(
        celegans_connectome({.signs = signs, .rewire_seed = rewire_seed}));
  }
  BrainSpec spec(std::uint64_t seed) const {
    BrainSpec spec = wilson_cowan_spec(coupling);
    spec.model.wilson_cowan.gap_coupling = 0.5;
    spec.drive = {.mean = drive, .sd = 0.1, .seed = static_cast<std::int64_t>(seed)};
    spec.integrator.dt_ms = 0.1;
    return spec;
  }
  LyapunovEstimate exponent(std::uint64_t seed) const {
    return largest_exponent(connectome(), spec(seed), seed,
                            {.transient = 200, .duration = duration, .renormalise_interval = 1});
  }
  Recording record(std::uint64_t seed) const {
    return {connectome(), spec(seed), seed, 200, duration, 0.2};
  }
};

}  // namespace noesis::testing

#pragma once
// Small brains that the physics tests share.

#include <memory>
#include <vector>

#include "core/rng.hpp"
#include "physics/connectome.hpp"
#include "physics/simulation.hpp"

namespace noesis::testing {

/// Gaussian weights, about `in_degree` synapses a neuron, rows of very unequal length (row 0 is
/// empty, row 1 is full), and gap junctions on a ring.
inline ConnectomePtr uneven_brain(std::int64_t n, double in_degree, std::uint64_t seed,
                                  bool gaps = true, double gain = 1.0) {
  RandomSequence random(seed, Stream::kTopology);
  std::vector<Synapse> edges, junctions;
  for (std::int32_t i = 1; i < n; ++i) {
    const double p = i == 1 ? 1.0 : in_degree / static_cast<double>(n);
    for (std::int32_t j = 0; j < n; ++j) {
      if (random.uniform() < p) {
        edges.push_back({j, i, static_cast<float>(gain * random.normal() / std::sqrt(in_degree))});
      }
    }
  }
  if (gaps) {
    for (std::int32_t i = 0; i + 1 < n; i += 1 + i % 3) {
      junctions.push_back({i, i + 1, static_cast<float>(random.uniform())});
    }
  }
  return std::make_shared<Connectome>(n, edges, junctions);
}

/// The reference Wilson-Cowan brain (link with probability k/(N-1), W ~ N(0,1)/sqrt(k), P = 1.25 +
/// 0.1 N(0,1), coupling G); times in units of tau = 1 ms.
inline BrainSpec wilson_cowan_spec(double coupling = 2) {
  BrainSpec spec;
  spec.model.wilson_cowan.tau_e_ms = spec.model.wilson_cowan.tau_i_ms = 1;
  spec.model.wilson_cowan.coupling = coupling;
  spec.drive = {.mean = 1.25, .sd = 0.1, .seed = 1};
  spec.integrator.dt_ms = 0.05;
  return spec;
}

inline std::vector<std::uint64_t> seeds_from(std::uint64_t first, std::size_t count) {
  std::vector<std::uint64_t> seeds(count);
  for (std::size_t i = 0; i < count; ++i) seeds[i] = first + i;
  return seeds;
}

/// One environment's state, (components x neurons).
template <Real T>
std::vector<T> column(const State<T>& x, std::int64_t env) {
  std::vector<T> values;
  for (int c = 0; c < x.shape().num_components; ++c) {
    for (std::int64_t i = 0; i < x.shape().num_neurons; ++i) values.push_back(x.at(env, c, i));
  }
  return values;
}

}  // namespace noesis::testing

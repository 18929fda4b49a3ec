#pragma once
/// Brains for the tests of plasticity.

#include <cstdint>
#include <vector>

#include "core/rng.hpp"
#include "physics/connectome.hpp"

namespace noesis::testing {

/// Each ordered pair with probability `density`, weights normal.
inline Connectome random_brain(std::int32_t num_neurons, double density, std::uint64_t seed) {
  RandomSequence random(seed, Stream::kTopology);
  std::vector<Synapse> edges;
  for (std::int32_t target = 0; target < num_neurons; ++target) {
    for (std::int32_t source = 0; source < num_neurons; ++source) {
      if (random.uniform() >= density) continue;
      edges.push_back({source, target, static_cast<float>(random.normal())});
    }
  }
  return Connectome(num_neurons, edges);
}

inline std::vector<double> uniforms(std::int64_t count, std::uint64_t seed) {
  RandomSequence random(seed, Stream::kTask);
  std::vector<double> values(count);
  for (double& value : values) value = random.uniform();
  return values;
}

inline std::vector<double> normals(std::int64_t count, std::uint64_t seed) {
  RandomSequence random(seed, Stream::kTask, 1);
  std::vector<double> values(count);
  for (double& value : values) value = random.normal();
  return values;
}

}  // namespace noesis::testing

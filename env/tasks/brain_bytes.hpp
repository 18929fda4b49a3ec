#pragma once
/// Snapshots of brains in snapshots of environments.

#include "env/bytes.hpp"
#include "physics/simulation.hpp"

namespace noesis {

inline void save_brain(const BrainSnapshot<double>& brain, ByteWriter& out) {
  out.put(brain.seed);
  out.put(brain.step);
  out.put(brain.state);
  out.put(brain.inputs);
  out.put(brain.history);
}

/// @throws ConfigError for a brain of another size.
inline BrainSnapshot<double> load_brain(ByteReader& in, const BatchShape& shape) {
  BrainSnapshot<double> brain;
  in.get(brain.seed);
  in.get(brain.step);
  in.get(brain.state);
  in.get(brain.inputs);
  in.get(brain.history);
  if (std::ssize(brain.state) != shape.num_components * shape.num_neurons ||
      std::ssize(brain.inputs) != Surgeon<double>::kNumArrays * shape.num_neurons) {
    ByteReader::fail("a brain of " +
                         std::to_string(brain.inputs.size() / Surgeon<double>::kNumArrays) +
                         " neurons",
                     std::to_string(shape.num_neurons));
  }
  return brain;
}

}  // namespace noesis

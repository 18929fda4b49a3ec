#pragma once
/// Small brains whose wiring is written down.

#include <string>
#include <vector>

#include "physics/subject.hpp"

namespace noesis {

/// A Wilson-Cowan brain of `num_neurons`, as "reference-N" moves, with these synapses (times the
/// coupling 2), its drives made from `seed`.
inline Subject brain_with(std::int64_t num_neurons, const std::vector<Synapse>& synapses,
                          std::uint64_t seed) {
  Subject subject = make_subject("reference-" + std::to_string(num_neurons), seed);
  subject.connectome = std::make_shared<Connectome>(num_neurons, synapses);
  return subject;
}

/// 0 excites 1, 1 inhibits 2; nobody drives 0 or 3.
inline Subject chain_brain(std::uint64_t seed) {
  return brain_with(4, {{0, 1, 0.6f}, {1, 2, -0.5f}}, seed);
}

}  // namespace noesis

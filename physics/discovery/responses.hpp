#pragma once
/// Held-out interventions: does an estimate predict what a pulse does in states it never saw?

#include <cstdint>

#include "physics/discovery/estimators.hpp"
#include "physics/subject.hpp"

namespace noesis {

struct ResponsePlan {
  std::int64_t num_states = 4;  ///< on the attractor, 10 tau apart
  std::int64_t max_sites = 20;  ///< pulsed neurons, spread evenly over all
  std::int64_t samples = 5;     ///< of the pulse; E is compared after each
  double amplitude = 3;         ///< in the unit of the drive
  std::uint64_t seed = 0;       ///< of the start: none that the estimate's samples came from
};

/// R^2 of the change of E of every neuron but the touched one, pulsed against unpulsed twin,
/// without noise. An estimate that believes in a brain predicts by forking that one from the same
/// states: 1 - sum (d - d')^2 / sum d^2. Any other predicts its signed weight in all states and
/// samples, times one free scale: the best that a matrix can do (scaled_r2()).
double response_r2(const Subject& truth, const Estimate& estimate, const ResponsePlan& plan);

}  // namespace noesis

#pragma once
/// From a simulation on one connectome to a simulation on what became of it, so that rules can run
/// between stretches of a simulation: freeze, make the next simulation, carry over.

#include "physics/simulation.hpp"

namespace noesis {

/// Lets every environment of `to` go on where that of `from` stands: state, interventions, bias,
/// seed and place in the noise. Neurons that only `to` has keep the initial state and the inputs
/// that it gave them. On the same connectome, the bits are those of a simulation that was never
/// left; only the clock of `to` stays its own.
/// @throws ConfigError for an adaptive integrator, another model or number of environments, or
///   fewer neurons in `to`; it is unchanged then.
template <Real T>
void carry_over(const Simulation<T>& from, Simulation<T>& to);

}  // namespace noesis

#pragma once
/// ROS2, a Rosenbrock method of second order for stiff neurons (Verwer, Spee, Blom & Hundsdorfer,
/// SIAM J Sci Comput 20:1456, 1999). With gamma = 1 + 1/sqrt(2) and A close to the Jacobian,
///
///   (1 - gamma dt A) k1 = f(x)
///   (1 - gamma dt A) k2 = f(x + dt k1) - 2 k1
///   x + dt (3/2 k1 + 1/2 k2)
///
/// It is L-stable where A is the Jacobian, and of second order whatever A is. Here A is the
/// Jacobian of each neuron on its own (its leak, gates and the conductances that it sees), without
/// what synapses carry between neurons: no linear system is larger than a neuron, so that a step
/// costs little more than two evaluations in any batch, at any size. Stiffness that only arises
/// between neurons (strong recurrent weights) is not damped. Of the second order the first is left
/// where a variable follows the others at once (measured: 1.03 for a population 500 times as fast
/// as the step).

#include <memory>

#include "physics/integrator.hpp"

namespace noesis {

template <Real T>
std::unique_ptr<FixedStepper<T>> make_rosenbrock_stepper(const ThreadArena& arena);

}  // namespace noesis

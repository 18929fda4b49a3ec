#pragma once
/// Lorenz's equations fitted to a tape: see model_form.hpp.

#include "physics/subject.hpp"
#include "physics/tape.hpp"

namespace noesis {

/// sigma, rho and beta by Gauss-Newton on one-sample predictions, from (1, 1, 1). The tape has been
/// checked.
Subject fit_lorenz63(const Subject& structure, const Tape& recording);

}  // namespace noesis

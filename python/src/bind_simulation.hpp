#pragma once
/// noesis._core.Simulation: brains in time, without an environment around them, for Python.

#include <nanobind/nanobind.h>

namespace noesis {

void bind_simulation(nanobind::module_& m);

}  // namespace noesis

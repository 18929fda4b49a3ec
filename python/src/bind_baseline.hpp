#pragma once
/// noesis._core.Baseline: the baselines of the environments (env/baselines.hpp) for Python.

#include <nanobind/nanobind.h>

namespace noesis {

void bind_baseline(nanobind::module_& m);

}  // namespace noesis

#pragma once
/// noesis._core.VectorEnv: a batch of environments (env/vector_env.hpp) for Python.

#include <nanobind/nanobind.h>

namespace noesis {

void bind_vector_env(nanobind::module_& m);

}  // namespace noesis

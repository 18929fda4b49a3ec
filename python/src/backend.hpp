#pragma once
/// What takes the steps: a checkout's build has devices where it was built with them, a wheel has
/// the processor alone.

#include <string>

#include "core/error.hpp"
#include "physics/simulation.hpp"
#ifdef NOESIS_PYTHON_DEVICES
#include "runners/factory.hpp"
#endif

namespace noesis {

/// @throws ConfigError for a kind of device that was not built.
template <Real T>
BackendFactory<T> backend_from(const std::string& name) {
#ifdef NOESIS_PYTHON_DEVICES
  return device_backend_factory<T>(name);
#else
  if (name == "cpu" || name == "auto") return {};
  throw ConfigError({.what = "a wheel has no devices",
                     .where = "backend",
                     .got = "\"" + name + "\"",
                     .allowed = "\"cpu\" or \"auto\"",
                     .next = "use the package of a checkout's build (docs/guides/gpu.md)"});
#endif
}

}  // namespace noesis

/// noesis._core: environments and simulations for Python. Thin: what Gymnasium asks for is in
/// python/noesis/*.py.

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <exception>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/error.hpp"
#include "core/version.hpp"
#include "env/registry.hpp"
#include "python/src/bind_baseline.hpp"
#include "python/src/bind_simulation.hpp"
#include "python/src/bind_vector_env.hpp"

namespace nb = nanobind;

namespace noesis {
namespace {

void raise(const char* python_class, const UserError& error) {
  ErrorParts parts = error.parts();
  // Options come as keyword arguments here, not as the command's --set.
  constexpr std::string_view kOverride = "--set ";
  if (parts.where.starts_with(kOverride)) parts.where.erase(0, kOverride.size());
  const nb::object type = nb::module_::import_("noesis.errors").attr(python_class);
  const nb::object raised =
      type(nb::arg("what") = parts.what, nb::arg("where") = parts.where, nb::arg("got") = parts.got,
           nb::arg("allowed") = parts.allowed, nb::arg("next") = parts.next);
  PyErr_SetObject(type.ptr(), raised.ptr());
}

/// Errors of a user keep their parts; an InternalError becomes a RuntimeError.
void translate(const std::exception_ptr& error, void*) {
  try {
    std::rethrow_exception(error);
  } catch (const ConfigError& config_error) {
    raise("ConfigError", config_error);
  } catch (const UserError& user_error) {
    raise("RunError", user_error);
  }
}

std::vector<std::tuple<std::string, std::string, std::string>> option_keys(const std::string& id) {
  std::vector<std::tuple<std::string, std::string, std::string>> keys;
  for (const ConfigKey& key : env_option_keys(id)) {
    keys.emplace_back(key.key, key.default_value, key.doc);
  }
  return keys;
}

}  // namespace
}  // namespace noesis

NB_MODULE(_core, m) {
  using namespace noesis;
  m.doc() =
      "Environments and simulations of noesis in this process; noesis.env, noesis.vector_env and "
      "noesis.simulation are built on it.";
  m.attr("__version__") = version();
  nb::register_exception_translator(translate);

  nb::class_<EnvSpec>(m, "EnvSpec", "What is known of an environment before it is made.")
      .def_ro("id", &EnvSpec::id)
      .def_ro("max_episode_steps", &EnvSpec::max_episode_steps, "0: no limit")
      .def_ro("reward_threshold", &EnvSpec::reward_threshold,
              "Mean return at which the task counts as solved, or None.")
      .def_ro("options", &EnvSpec::options, "All options, resolved, as TOML.");

  m.def("env_ids", &env_ids, "All ids, in alphabetical order.");
  m.def("env_spec", &env_spec, nb::arg("env_id"), "The defaults of an id.");
  m.def("env_options", &option_keys, nb::arg("env_id"),
        "Every option of an id: (key, default, documentation).");
  bind_vector_env(m);
  bind_baseline(m);
  bind_simulation(m);
}

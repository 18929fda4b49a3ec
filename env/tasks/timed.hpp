#pragma once
/// Options of a task as a user gives them: with the time limit that every environment has.

#include <cstdint>
#include <string>

#include "core/config.hpp"
#include "env/registry.hpp"

namespace noesis {

template <class Options>
struct Timed {
  std::int64_t max_episode_steps = 0;
  Options task;

  template <class V>
  void visit(V& v) {
    v("max_episode_steps", max_episode_steps, "Steps before an episode is truncated; 0: no limit",
      at_least(0));
    task.visit(v);
  }
};

/// The options over the defaults of an id. @throws ConfigError for an unknown key or a wrong value.
template <class Options>
Timed<Options> read_options(const std::string& id, const EnvOptions& options) {
  return parse_config(options.toml, options.source, options.overrides,
                      Timed<Options>{env_spec(id).max_episode_steps, {}});
}

}  // namespace noesis

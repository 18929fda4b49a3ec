#include "env/task.hpp"

#include <cmath>

#include "core/error.hpp"

namespace noesis {

void check_actions(std::span<const float> actions, std::span<const std::uint8_t> active) {
  const std::size_t size = active.empty() ? 0 : actions.size() / active.size();
  for (std::size_t env = 0; env < active.size(); ++env) {
    if (active[env] == 0) continue;
    for (std::size_t i = 0; i < size; ++i) {
      const float value = actions[env * size + i];
      if (std::isfinite(value)) continue;
      throw ConfigError({.what = "an action is not finite",
                         .where = "action[" + std::to_string(env) + ", " + std::to_string(i) + "]",
                         .got = std::to_string(value),
                         .allowed = "finite numbers",
                         .next = {}});
    }
  }
}

}  // namespace noesis

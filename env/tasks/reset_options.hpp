#pragma once
/// Options of a reset, for tasks that have none.

#include <string>

#include "core/error.hpp"
#include "env/value.hpp"

namespace noesis {

/// @throws ConfigError naming the first option that is there.
inline void refuse_reset_options(const Dict& options, const std::string& task) {
  if (options.empty()) return;
  throw ConfigError({.what = "a reset option that " + task + " does not have",
                     .where = "options",
                     .got = options.begin()->first,
                     .allowed = "none",
                     .next = {}});
}

}  // namespace noesis

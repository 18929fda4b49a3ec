#pragma once
/// The keys of a configuration, as `--keys` lists them.

#include <span>
#include <string>

#include "core/config.hpp"

namespace noesis {

/// A line for each key: name, type, default, what it is and what is allowed.
std::string keys_text(std::span<const ConfigKey> keys);

}  // namespace noesis

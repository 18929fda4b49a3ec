#pragma once
/// Where two configurations differ.

#include <optional>
#include <string>

#include "core/config.hpp"

namespace noesis {

struct ConfigDifference {
  std::string key;            ///< dotted
  std::string first, second;  ///< values as TOML; empty where there is no such key
};

namespace detail {
std::optional<ConfigDifference> first_difference(const std::string& first_toml,
                                                 const std::string& second_toml);
}

/// The first key, in the order of visit(), whose values differ.
template <class T>
std::optional<ConfigDifference> first_difference(const T& first, const T& second) {
  return detail::first_difference(config_to_toml(first), config_to_toml(second));
}

}  // namespace noesis

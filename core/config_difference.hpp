#pragma once
/// Where two configurations differ.

#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"

namespace noesis {

struct ConfigDifference {
  std::string key;            ///< dotted
  std::string first, second;  ///< values as TOML; empty where there is no such key
};

namespace detail {
std::vector<ConfigDifference> differences(const std::string& first_toml,
                                          const std::string& second_toml);
}

/// The keys whose values differ, or that only one has: in the order of the first's visit(), then
/// those that only the second has.
template <class T>
std::vector<ConfigDifference> differences(const T& first, const T& second) {
  return detail::differences(config_to_toml(first), config_to_toml(second));
}

/// The first of them.
template <class T>
std::optional<ConfigDifference> first_difference(const T& first, const T& second) {
  const std::vector<ConfigDifference> all = differences(first, second);
  if (all.empty()) return std::nullopt;
  return all.front();
}

}  // namespace noesis

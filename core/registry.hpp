#pragma once
/// Things that are known by name: models, integrators, environments, tasks.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/names.hpp"

namespace noesis {

/// Names and what they stand for (usually a factory). Filled once, then read; reading from many
/// threads is safe, adding is not.
template <class T>
class Registry {
 public:
  /// `kind` is the word for errors, such as "integrator".
  explicit Registry(std::string kind) : kind_(std::move(kind)) {}

  /// @throws InternalError when the name is taken.
  void add(std::string name, T thing) {
    const auto [entry, is_new] = things_.try_emplace(std::move(name), std::move(thing));
    ensure(is_new, ("two things are registered as " + kind_ + " '" + entry->first + "'").c_str());
  }

  bool contains(std::string_view name) const { return things_.contains(name); }

  /// @throws ConfigError listing the names, and the nearest, when there is no such name.
  const T& get(std::string_view name) const {
    const auto found = things_.find(name);
    if (found != things_.end()) return found->second;
    const std::vector<std::string> known = names();
    throw ConfigError({.what = "unknown " + kind_,
                       .where = {},
                       .got = "'" + std::string(name) + "'",
                       .allowed = join_names(known),
                       .next = suggest_name(name, known)});
  }

  /// In alphabetical order.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [name, thing] : things_) names.push_back(name);
    return names;
  }

 private:
  std::string kind_;
  std::map<std::string, T, std::less<>> things_;
};

}  // namespace noesis

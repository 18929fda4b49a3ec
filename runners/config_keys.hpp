#pragma once
/// The keys of a configuration, as `--keys` lists them.

#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/config.hpp"

namespace noesis {

/// A line for each key: name, type, default, what it is and what is allowed.
std::string keys_text(std::span<const ConfigKey> keys);

/// A JSON list with an object for each key: key, type, default, doc, allowed.
std::string keys_json(std::span<const ConfigKey> keys);

/// `--keys`: prints the keys of `defaults` changed by a file (may be empty) and overrides, since
/// which keys there are depends on the values of others, such as `model.name`. @throws ConfigError.
template <class Config>
void print_keys(const std::filesystem::path& file, std::span<const std::string> overrides,
                bool json, const Config& defaults = {}) {
  Config config = file.empty() ? parse_config("", "--set", overrides, defaults)
                               : load_config(file, overrides, defaults);
  const auto keys = detail::list_config_keys([&](ConfigVisitor& v) { config.visit(v); });
  std::fputs((json ? keys_json(keys) : keys_text(keys)).c_str(), stdout);
}

}  // namespace noesis

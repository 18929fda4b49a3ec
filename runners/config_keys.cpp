#include "runners/config_keys.hpp"

namespace noesis {

std::string keys_text(std::span<const ConfigKey> keys) {
  std::string text = "Configuration keys (TOML):\n";
  for (const ConfigKey& key : keys) {
    text += "  " + key.key + " (" + key.type + ", " +
            (key.default_value.empty() ? "none" : key.default_value) + "): " + key.doc;
    if (!key.constraint.empty()) text += " {" + key.constraint + "}";
    text += "\n";
  }
  return text;
}

}  // namespace noesis

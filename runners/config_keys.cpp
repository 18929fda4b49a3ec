#include "runners/config_keys.hpp"

#include <nlohmann/json.hpp>

namespace noesis {

std::string keys_text(std::span<const ConfigKey> keys) {
  std::string text = "Configuration keys (TOML):\n";
  for (const ConfigKey& key : keys) {
    text += "  " + key.key + " (" + key.type + ", " +
            (key.default_value.empty() ? "none" : key.default_value) + "): " + key.doc;
    if (!key.constraint.empty()) text += " {" + key.constraint + "}";
    text += "\n";
  }
  return text +
         "Keys may depend on the values of others: --keys lists those of CONFIG and --set.\n";
}

std::string keys_json(std::span<const ConfigKey> keys) {
  auto list = nlohmann::ordered_json::array();
  for (const ConfigKey& key : keys) {
    list.push_back({{"key", key.key},
                    {"type", key.type},
                    {"default", key.default_value},
                    {"doc", key.doc},
                    {"allowed", key.constraint}});
  }
  return list.dump(1) + "\n";
}

}  // namespace noesis

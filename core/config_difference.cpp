#include "core/config_difference.hpp"

#include <algorithm>
#include <sstream>
#include <utility>
#include <vector>

namespace noesis::detail {
namespace {

/// Dotted keys and their values, from what config_to_toml() writes: one key a line, under the
/// header of its table.
std::vector<std::pair<std::string, std::string>> entries(const std::string& toml) {
  std::vector<std::pair<std::string, std::string>> found;
  std::istringstream lines(toml);
  std::string table;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      const std::size_t first = line.find_first_not_of('[');
      table = line.substr(first, line.find(']') - first) + ".";
      continue;
    }
    const std::size_t equals = line.find(" = ");
    if (equals == std::string::npos) continue;
    std::string value = line.substr(equals + 3);
    const std::size_t comment = value.find("  #");
    if (comment != std::string::npos) value.resize(comment);
    found.emplace_back(table + line.substr(0, equals), value);
  }
  return found;
}

}  // namespace

std::vector<ConfigDifference> differences(const std::string& first_toml,
                                          const std::string& second_toml) {
  const auto first = entries(first_toml);
  const auto second = entries(second_toml);
  const auto find = [](const auto& all, const std::string& key) {
    return std::ranges::find(all, key, [](const auto& entry) { return entry.first; });
  };
  std::vector<ConfigDifference> found;
  for (const auto& [key, value] : first) {
    const auto other = find(second, key);
    const std::string theirs = other == second.end() ? "" : other->second;
    if (theirs != value) found.push_back({key, value, theirs});
  }
  for (const auto& [key, value] : second) {
    if (find(first, key) == first.end()) found.push_back({key, "", value});
  }
  return found;
}

}  // namespace noesis::detail

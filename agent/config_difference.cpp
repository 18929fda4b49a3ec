#include "agent/config_difference.hpp"

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

std::optional<ConfigDifference> first_difference(const std::string& first_toml,
                                                 const std::string& second_toml) {
  const auto first = entries(first_toml);
  const auto second = entries(second_toml);
  for (std::size_t k = 0; k < std::max(first.size(), second.size()); ++k) {
    if (k >= second.size()) return ConfigDifference{first[k].first, first[k].second, ""};
    if (k >= first.size()) return ConfigDifference{second[k].first, "", second[k].second};
    if (first[k].first != second[k].first) {
      return ConfigDifference{first[k].first, first[k].second, ""};
    }
    if (first[k].second != second[k].second) {
      return ConfigDifference{first[k].first, first[k].second, second[k].second};
    }
  }
  return std::nullopt;
}

}  // namespace noesis::detail

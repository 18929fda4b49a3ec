#include "runners/jobs/words.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace noesis {

using Json = nlohmann::ordered_json;

std::string text(const char* format, ...) {
  char buffer[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return buffer;
}

std::string str(const Json& object, const char* key) { return object.at(key).get<std::string>(); }
double num(const Json& object, const char* key) { return object.at(key).get<double>(); }
double first(const Json& object, const char* key) { return object.at(key).at(0).get<double>(); }
bool has(const Json& object, const char* key) {
  return object.contains(key) && !object.at(key).is_null();
}
const Json& list(const Json& result, const char* key) {
  static const Json none = Json::array();
  return has(result, key) ? result.at(key) : none;
}

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : between) + part;
  return out;
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> width(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      line += row[c] + std::string(width[c] - row[c].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
    if (&row == &rows.front()) out += std::string(line.size(), '-') + "\n";
  }
  return out;
}

std::string cell(const Json& row, const char* key, const char* format) {
  if (!has(row, key)) return "-";
  const Json& value = row.at(key).is_array() ? row.at(key).at(0) : row.at(key);
  if (!value.is_number()) return "-";
  char buffer[32];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  std::snprintf(buffer, sizeof buffer, format, value.get<double>());
#pragma GCC diagnostic pop
  return buffer;
}

std::string interval_cell(const Json& row, const char* key) {
  if (!has(row, key) || !row.at(key).is_array() || !row.at(key).at(0).is_number()) return "-";
  const Json& figure = row.at(key);
  return text("%.3g [%.3g, %.3g]", figure.at(0).get<double>(), figure.at(1).get<double>(),
              figure.at(2).get<double>());
}

}  // namespace noesis

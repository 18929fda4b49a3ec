#pragma once
/// Results in words: reading records, sentences, tables for the terminal.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace noesis {

/// printf into a string.
[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...);

// Members of a record, which must be there.
std::string str(const nlohmann::ordered_json& object, const char* key);
double num(const nlohmann::ordered_json& object, const char* key);
/// First entry of [mean, low, high] or [median, q25, q75].
double first(const nlohmann::ordered_json& object, const char* key);

/// Whether the member is there and not null.
bool has(const nlohmann::ordered_json& object, const char* key);
/// The member, or an empty list.
const nlohmann::ordered_json& list(const nlohmann::ordered_json& result, const char* key);

std::string joined(const std::vector<std::string>& parts, const char* between);

/// Columns as wide as their widest cell, left-aligned, a line under the first row.
std::string table(const std::vector<std::vector<std::string>>& rows);

/// A number, or the first of a list of them, by a printf format for a double; "-" where there is
/// none.
std::string cell(const nlohmann::ordered_json& row, const char* key, const char* format = "%.3f");
/// "1.234 [1.2, 1.3]" of [mean, low, high]; "-" where there is none.
std::string interval_cell(const nlohmann::ordered_json& row, const char* key);

}  // namespace noesis

#include "data/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/error.hpp"
#include "core/names.hpp"

namespace noesis {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

/// A tab that separates fields is no blank.
bool is_blank(char c, char separator) { return c == ' ' || (c == '\t' && separator != '\t'); }

std::string_view trim(std::string_view text, char separator) {
  while (!text.empty() && is_blank(text.front(), separator)) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back(), separator)) text.remove_suffix(1);
  return text;
}

std::string quoted_list(std::span<const std::string_view> names) {
  return join_names(std::vector<std::string>(names.begin(), names.end()));
}

}  // namespace

CsvReader::CsvReader(std::istream& in, std::string source, char separator)
    : in_(in), source_(std::move(source)), separator_(separator) {
  if (!read_line()) {
    throw ConfigError({.what = "no header row",
                       .where = source_,
                       .got = "nothing",
                       .allowed = "column names in the first row",
                       .next = ""});
  }
  split_line();
  header_.assign(fields_.begin(), fields_.end());
  for (std::size_t i = 0; i < header_.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (header_[i].empty() || !same_name(header_[i], header_[k])) continue;
      fail(static_cast<int>(i), "column name stands twice", "each name once");
    }
  }
}

int CsvReader::find_column(std::span<const std::string_view> names) const {
  const auto found = std::find_if(header_.begin(), header_.end(), [&](const std::string& title) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return same_name(name, title); });
  });
  return found == header_.end() ? -1 : static_cast<int>(found - header_.begin());
}

int CsvReader::column(std::span<const std::string_view> names) const {
  const int index = find_column(names);
  if (index >= 0) return index;
  throw ConfigError({.what = "column is missing",
                     .where = source_ + ":1",
                     .got = "columns " + join_names(header_),
                     .allowed = "one named " + quoted_list(names),
                     .next = ""});
}

bool CsvReader::next() {
  if (!read_line()) return false;
  split_line();
  if (fields_.size() != header_.size()) {
    throw ConfigError({.what = "wrong number of fields in a row",
                       .where = where(),
                       .got = std::to_string(fields_.size()),
                       .allowed = std::to_string(header_.size()) + ", as in the header",
                       .next = ""});
  }
  return true;
}

std::int64_t CsvReader::integer(int column, std::int64_t low, std::int64_t high,
                                std::string next) const {
  const std::string_view text = field(column);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    fail(column, "not an integer in range", std::to_string(low) + " to " + std::to_string(high),
         std::move(next));
  }
  return value;
}

double CsvReader::number(int column) const {
  const std::string_view text = field(column);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    fail(column, "not a finite number", "a number like 1.5 or -2e-3");
  }
  return value;
}

std::string CsvReader::where() const { return source_ + ":" + std::to_string(line_); }

void CsvReader::fail(int column, std::string what, std::string allowed, std::string next) const {
  const auto index = static_cast<std::size_t>(column);
  const std::string name = index < header_.size() ? header_[index] : std::to_string(column);
  throw ConfigError({.what = std::move(what) + " in column '" + name + "'",
                     .where = where(),
                     .got = "'" + std::string(field(column)) + "'",
                     .allowed = std::move(allowed),
                     .next = std::move(next)});
}

bool CsvReader::read_line() {
  while (std::getline(in_, text_)) {
    ++line_;
    if (line_ == 1 && text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);
    if (text_.ends_with('\r')) text_.pop_back();
    if (!trim(text_, separator_).empty()) return true;
  }
  return false;
}

void CsvReader::split_line() {
  fields_.clear();
  std::size_t at = 0;
  while (true) {
    while (at < text_.size() && is_blank(text_[at], separator_)) ++at;
    if (at < text_.size() && text_[at] == '"') {
      // Unquoting only shortens the text, so that it can be written over what was read.
      const std::size_t begin = ++at;
      std::size_t end = begin;
      while (at < text_.size() && (text_[at] != '"' || text_.compare(at, 2, "\"\"") == 0)) {
        if (text_[at] == '"') ++at;
        text_[end++] = text_[at++];
      }
      const bool closed = at < text_.size();
      if (closed) ++at;
      while (at < text_.size() && is_blank(text_[at], separator_)) ++at;
      if (!closed || (at < text_.size() && text_[at] != separator_)) {
        throw ConfigError({.what = "bad quotes in a field",
                           .where = where(),
                           .got = closed ? "text after the closing quote" : "no closing quote",
                           .allowed = "a field in quotes on one line, with \"\" for a quote",
                           .next = ""});
      }
      fields_.emplace_back(text_.data() + begin, end - begin);
    } else {
      const std::size_t end = std::min(text_.find(separator_, at), text_.size());
      fields_.push_back(trim(std::string_view(text_).substr(at, end - at), separator_));
      at = end;
    }
    if (at >= text_.size()) return;
    ++at;
  }
}

}  // namespace noesis

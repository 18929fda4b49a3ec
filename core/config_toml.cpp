#include "core/config_toml.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <system_error>
#include <vector>

#include "core/config_value.hpp"
#include "core/error.hpp"

namespace noesis::detail {
namespace {

toml::table parse_toml(std::string_view text, const std::string& source) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    throw ConfigError(
        {.what = "not valid TOML: " + std::string(error.description()),
         .where = source + ":" + std::to_string(begin.line) + ":" + std::to_string(begin.column),
         .got = {},
         .allowed = {},
         .next = {}});
  }
}

/// "c" of "a.b=c" as a table {value = c}: TOML where it is one TOML value, else a string.
toml::table parse_value(const std::string& text, const std::string& where) {
  try {
    toml::table parsed = toml::parse("value = " + text);
    if (parsed.size() == 1 && parsed.contains("value")) return parsed;
  } catch (const toml::parse_error&) {
    // A bare word, taken as a string below.
  }
  return parse_toml("value = " + toml_quote(text), where);
}

std::optional<std::size_t> parse_index(std::string_view text) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return index;
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts(1);
  for (const char c : path) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

ConfigDocument::ConfigDocument(std::string_view text, std::string_view source,
                               std::span<const std::string> overrides)
    : source_(source), root_(parse_toml(text, source_)) {
  for (const std::string& text_of_override : overrides) apply(text_of_override);
}

void ConfigDocument::apply(const std::string& override_text) {
  const std::size_t equals = override_text.find('=');
  const std::string path = override_text.substr(0, equals);
  const std::vector<std::string> parts = split_path(path);
  const std::string where = "--set " + path;
  if (equals == std::string::npos || std::find(parts.begin(), parts.end(), "") != parts.end()) {
    throw ConfigError({.what = "not an override",
                       .where = "--set",
                       .got = "'" + override_text + "'",
                       .allowed = "key=value, e.g. integrator.dt_ms=0.1",
                       .next = {}});
  }
  const toml::table value = parse_value(override_text.substr(equals + 1), where);

  // Walk to the node, making tables (and lists, before an index) on the way.
  toml::node* node = &root_;
  for (std::size_t depth = 0; depth < parts.size(); ++depth) {
    const std::string& part = parts[depth];
    const bool last = depth + 1 == parts.size();
    const bool list_next = !last && parse_index(parts[depth + 1]).has_value();
    if (toml::table* table = node->as_table()) {
      if (last) {
        value.get("value")->visit([&](const auto& v) { table->insert_or_assign(part, v); });
      } else if (!table->contains(part)) {
        if (list_next) {
          table->insert(part, toml::array{});
        } else {
          table->insert(part, toml::table{});
        }
      }
      node = table->get(part);
    } else if (toml::array* array = node->as_array()) {
      const auto index = parse_index(part);
      if (!index || *index > array->size()) {
        throw ConfigError({.what = "no such item in the list",
                           .where = where,
                           .got = "'" + part + "'",
                           .allowed = "0 to " + std::to_string(array->size()),
                           .next = {}});
      }
      if (last) {
        value.get("value")->visit([&](const auto& v) {
          if (*index == array->size()) {
            array->push_back(v);
          } else {
            array->replace(array->begin() + static_cast<std::ptrdiff_t>(*index), v);
          }
        });
      } else if (*index == array->size()) {
        array->push_back(toml::table{});
      }
      node = array->get(*index);
    } else {
      throw ConfigError({.what = "'" + part + "' is looked for in a value that is no table",
                         .where = where,
                         .got = describe_node(*node),
                         .allowed = {},
                         .next = {}});
    }
  }
  overridden_.insert(path);
}

std::string ConfigDocument::where(const std::string& path,
                                  const toml::source_region& region) const {
  // The override of the value itself or of a table around it; a table made on the way to an
  // override has no line, and is known by what was set in it.
  for (std::string prefix = path;;) {
    if (overridden_.contains(prefix)) return "--set " + prefix;
    const std::size_t dot = prefix.rfind('.');
    if (dot == std::string::npos) break;
    prefix.resize(dot);
  }
  if (region.begin.line > 0) return source_ + ":" + std::to_string(region.begin.line);
  const auto inside = overridden_.lower_bound(path + ".");
  if (inside != overridden_.end() && inside->starts_with(path + ".")) return "--set " + *inside;
  return source_;
}

std::string describe_node(const toml::node& node) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  node.visit([&](const auto& value) {
    if constexpr (toml::is_table<decltype(value)>) {
      out << "a table";
    } else {
      out << value;
    }
  });
  std::string text = std::move(out).str();
  constexpr std::size_t kLongest = 60;
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  if (node.is_table()) return text;
  std::ostringstream type;
  type << node.type();
  return text + " (" + type.str() + ")";
}

std::string read_text_file(const std::filesystem::path& file) {
  const auto fail = [&](std::string what, std::string next) {
    return ConfigError({.what = std::move(what),
                        .where = file.string(),
                        .got = {},
                        .allowed = {},
                        .next = std::move(next)});
  };
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    throw fail("there is no such configuration file", "check the path");
  }
  if (std::filesystem::is_directory(file, error)) {
    throw fail("a folder was given where a configuration file is needed", "name a .toml file");
  }
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in.is_open() || in.bad()) {
    throw fail("the configuration file cannot be read", "check its permissions");
  }
  return text;
}

}  // namespace noesis::detail

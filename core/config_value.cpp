#include "core/config_value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>

#include "core/names.hpp"

namespace noesis {
namespace detail {
namespace {

std::string element_text(bool value) { return value ? "true" : "false"; }
std::string element_text(std::int64_t value) { return std::to_string(value); }
std::string element_text(const std::string& value) { return toml_quote(value); }
std::string element_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  std::string text(buffer, end);
  // TOML tells a float from an integer by its point or exponent.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

bool satisfies(bool, const Constraint&) { return true; }
bool satisfies(double value, const Constraint& c) {
  const bool above = c.low_is_open ? value > c.low : value >= c.low;
  const bool below = c.high_is_open ? value < c.high : value <= c.high;
  return std::isfinite(value) && above && below;
}
bool satisfies(std::int64_t value, const Constraint& c) {
  return satisfies(static_cast<double>(value), c);
}
bool satisfies(const std::string& value, const Constraint& c) {
  return c.choices.empty() ||
         std::find(c.choices.begin(), c.choices.end(), value) != c.choices.end();
}

template <class T>
inline constexpr bool kIsList = false;
template <class E>
inline constexpr bool kIsList<std::vector<E>> = true;

}  // namespace

std::string_view type_name(const ConfigField& field) {
  struct Name {
    std::string_view operator()(bool*) { return "true or false"; }
    std::string_view operator()(int*) { return "integer"; }
    std::string_view operator()(std::int64_t*) { return "integer"; }
    std::string_view operator()(double*) { return "number"; }
    std::string_view operator()(std::string*) { return "string"; }
    std::string_view operator()(std::vector<double>*) { return "list of numbers"; }
    std::string_view operator()(std::vector<std::int64_t>*) { return "list of integers"; }
    std::string_view operator()(std::vector<std::string>*) { return "list of strings"; }
  };
  return std::visit(Name{}, field);
}

std::string toml_quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      constexpr char kDigits[] = "0123456789ABCDEF";
      quoted += "\\u00";
      quoted += kDigits[byte >> 4];
      quoted += kDigits[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string toml_text(const ConfigField& field) {
  return std::visit(
      [](const auto* value) {
        using T = std::remove_cvref_t<decltype(*value)>;
        if constexpr (kIsList<T>) {
          std::string text;
          for (const auto& element : *value) {
            text += (text.empty() ? "" : ", ") + element_text(element);
          }
          return "[" + text + "]";
        } else if constexpr (std::is_same_v<T, int>) {
          return element_text(std::int64_t{*value});
        } else {
          return element_text(*value);
        }
      },
      field);
}

std::optional<Violation> find_violation(const ConfigField& field, const Constraint& constraint) {
  return std::visit(
      [&](const auto* value) -> std::optional<Violation> {
        using T = std::remove_cvref_t<decltype(*value)>;
        if constexpr (kIsList<T>) {
          for (std::size_t i = 0; i < value->size(); ++i) {
            if (!satisfies((*value)[i], constraint)) {
              return Violation{"[" + std::to_string(i) + "]", element_text((*value)[i])};
            }
          }
        } else if constexpr (std::is_same_v<T, int>) {
          if (!satisfies(std::int64_t{*value}, constraint)) {
            return Violation{{}, std::to_string(*value)};
          }
        } else {
          if (!satisfies(*value, constraint)) return Violation{{}, element_text(*value)};
        }
        return std::nullopt;
      },
      field);
}

}  // namespace detail

std::string Constraint::text() const {
  if (!choices.empty()) return "one of: " + join_names(choices);
  const auto number = [](double value) {
    std::string text = detail::element_text(value);
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text;
  };
  if (std::isfinite(low) && std::isfinite(high)) {
    if (!low_is_open && !high_is_open) return number(low) + " to " + number(high);
    return (low_is_open ? "greater than " : "at least ") + number(low) +
           (high_is_open ? " and less than " : " and at most ") + number(high);
  }
  if (std::isfinite(low)) return (low_is_open ? "greater than " : "at least ") + number(low);
  if (std::isfinite(high)) return (high_is_open ? "less than " : "at most ") + number(high);
  return {};
}

}  // namespace noesis

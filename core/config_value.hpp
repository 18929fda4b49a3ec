#pragma once
/// Values of configuration members: their types, their TOML text and their constraints. Private to
/// the configuration; config.hpp is the public header.

#include <optional>
#include <string>
#include <string_view>

#include "core/config.hpp"

namespace noesis::detail {

/// "integer", "list of numbers", ...
std::string_view type_name(const ConfigField& field);

/// A TOML value that reads back as the same bits; doubles in their shortest such form.
std::string toml_text(const ConfigField& field);

/// A TOML basic string, with everything escaped that TOML asks for.
std::string toml_quote(std::string_view text);

struct Violation {
  std::string element;  ///< "[3]" in a list, else empty
  std::string value;    ///< as TOML
};
/// The first value that breaks the constraint or is not finite; none when all is well.
std::optional<Violation> find_violation(const ConfigField& field, const Constraint& constraint);

}  // namespace noesis::detail

#pragma once
/// The version of noesis.

#include <string_view>

namespace noesis {

/// Such as "0.1.0"; from the project's CMakeLists.txt.
std::string_view version() noexcept;

}  // namespace noesis

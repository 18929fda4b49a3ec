#include "core/version.hpp"

namespace noesis {

std::string_view version() noexcept { return NOESIS_VERSION; }

}  // namespace noesis

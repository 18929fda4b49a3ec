#pragma once
/// The text header of an .npy file. Private to npy.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/npy.hpp"

namespace noesis::detail {

inline constexpr std::size_t kNpyPrefixSize = 12;  ///< the longest: magic, version, 4-byte length

ConfigError npy_error(const std::string& where, std::string what, std::string got = {},
                      std::string allowed = {}, std::string next = {});

/// Bytes of the whole header, from at least the first 10 bytes of a file (12 for version 2 and 3).
/// @throws ConfigError when this is no .npy file or the header is longer than 1 MiB.
std::size_t npy_header_size(std::string_view prefix, const std::string& where);

/// Type and shape from a whole header; `bytes` is left empty. The product of shape and item size
/// fits 63 bits. @throws ConfigError.
NpyArray parse_npy_header(std::string_view header, const std::string& where);

/// Version 1.0, padded so that the data starts at a multiple of 64 bytes.
std::string format_npy_header(const NpyArray& array);

}  // namespace noesis::detail

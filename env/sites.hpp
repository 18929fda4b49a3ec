#pragma once
/// Which neurons are recorded or stimulated.

#include <cstdint>
#include <string>
#include <vector>

namespace noesis {

/// Documentation of a key that select_sites() reads.
inline constexpr const char* kSitesDoc =
    "\"all\", a number of random ones (\"5\"), or ids "
    "(\"0,3,7\"; one id: \"3,\")";

/// Ascending ids out of 0 .. num_neurons - 1. `text` is "all", a count of ids drawn from `seed`, or
/// a list with commas. `key` is named in errors. @throws ConfigError for anything else, an id out
/// of range or twice, and for none.
std::vector<std::int64_t> select_sites(const std::string& text, std::int64_t num_neurons,
                                       std::uint64_t seed, const std::string& key);

}  // namespace noesis

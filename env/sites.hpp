#pragma once
/// Which neurons are recorded or stimulated.

#include <cstdint>
#include <string>
#include <vector>

namespace noesis {

/// Documentation of a key that select_sites() reads.
inline constexpr const char* kSitesDoc =
    "Neurons: \"all\", \"random:5\" (drawn by the brain's seed), or ids: \"0,3,7\", \"3,\"";

/// Ascending ids out of 0 .. num_neurons - 1. `text` is "all", "random:COUNT" for ids drawn from
/// `seed`, or a list with commas. `key` is named in errors. @throws ConfigError for anything else,
/// an id out of range or twice, and for none.
std::vector<std::int64_t> select_sites(const std::string& text, std::int64_t num_neurons,
                                       std::uint64_t seed, const std::string& key);

}  // namespace noesis

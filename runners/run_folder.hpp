#pragma once
/// Where a run's files go, and its summary.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace noesis {

/// runs/<command>-<UTC time>-<seed>, made now. @throws RunError.
std::filesystem::path make_run_folder(const std::string& command, std::int64_t seed);

/// Takes back a folder of make_run_folder() that nothing was written to.
void remove_empty_run_folder(const std::filesystem::path& folder);

/// @throws ConfigError now, rather than after the work, when a file at `path` could not be written.
void check_writable(const std::filesystem::path& path, const std::string& option);

/// {"command", "version", "seed", "config_digest", "wall_s", "ok", "result"}: summary.json of every
/// run. All but wall_s, and what a result says of speed, is the same for the same seed and
/// configuration.
nlohmann::ordered_json make_summary(const std::string& command, std::int64_t seed,
                                    const std::string& config_digest, double wall_s, bool ok,
                                    nlohmann::ordered_json result);

}  // namespace noesis

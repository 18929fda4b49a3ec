#pragma once
/// What the commands that leave a folder have in common: options, configuration, the folder of a
/// run.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"

namespace CLI {
class App;
}

namespace noesis {

struct RunOptions {
  std::filesystem::path config;  ///< empty: the defaults
  bool quick = false;
  std::filesystem::path out;     ///< empty: a new folder in runs/
  std::filesystem::path resume;  ///< the folder of an interrupted run
  std::optional<std::int64_t> seed;
  std::optional<std::string> backend;
  std::vector<std::string> overrides;  ///< "a.b=value"
  bool json = false;
};

/// CONFIG, --quick, --out, --seed, --backend, --resume, --set and --json. The options must outlive
/// the app.
void add_run_options(CLI::App& command, RunOptions& options);

/// The configuration of a run, in its folder.
std::filesystem::path config_file(const std::filesystem::path& folder);

/// @throws ConfigError where --resume comes with what results depend on.
void check_resume(const RunOptions& options);

/// Of an interrupted run its own; else the file and the overrides over `base`. @throws ConfigError.
template <class Config>
Config read_run_config(const RunOptions& options, const Config& base) {
  std::vector<std::string> overrides = options.overrides;
  if (options.backend) overrides.push_back("backend=" + *options.backend);
  if (!options.resume.empty()) {
    check_resume(options);
    return load_config(config_file(options.resume), overrides, Config{});
  }
  if (options.seed) overrides.push_back("seed=" + std::to_string(*options.seed));
  if (options.config.empty()) return parse_config("", "defaults", overrides, base);
  return load_config(options.config, overrides, base);
}

/// Digest of all that results depend on, which the number of threads and the backend are no part
/// of.
template <class Config>
std::string result_digest(Config config) {
  config.threads = 0;
  config.backend = Config{}.backend;
  return config_digest(config);
}

/// The run's folder: that of --resume, --out, or a new one in runs/, made where it is not there.
/// @throws ConfigError where --out holds a run; RunError where it cannot be made.
std::filesystem::path make_folder(const RunOptions& options, const std::string& command,
                                  std::int64_t seed);

/// make_folder(), which belongs to this configuration from now on. @throws ConfigError also where
/// it holds parts of another configuration, which would be mixed in silently; RunError where it
/// cannot be written.
std::filesystem::path open_run(const RunOptions& options, const std::string& command,
                               std::int64_t seed, const std::string& digest,
                               const std::string& config_toml);

/// Where the results of a run's jobs are kept.
std::filesystem::path parts_folder(const std::filesystem::path& folder);

/// Says where a run that was interrupted goes on. Gives its exit code, 130.
int report_interrupted(const std::string& command, const std::filesystem::path& folder);

/// Writes summary.json and report.html, prints the summary with --json and the words otherwise
/// (to stderr with it). Gives the exit code: 0, or 1 where `ok` is false.
int finish_run(const RunOptions& options, const std::filesystem::path& folder,
               const nlohmann::ordered_json& summary, const std::string& words);

}  // namespace noesis

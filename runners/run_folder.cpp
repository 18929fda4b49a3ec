#include "runners/run_folder.hpp"

#include <unistd.h>

#include <chrono>
#include <cstring>
#include <ctime>

#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "core/version.hpp"

namespace noesis {

namespace fs = std::filesystem;

fs::path make_run_folder(const std::string& command, std::int64_t seed) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  char time[32];
  std::strftime(time, sizeof time, "%Y%m%d-%H%M%S", &utc);
  const fs::path base = fs::path("runs") / (command + "-" + time + "-" + std::to_string(seed));
  std::error_code error;
  fs::create_directories("runs", error);
  if (error) throw file_error("cannot make the folder", "runs", error.value());
  // Runs started in the same second get a number.
  fs::path folder = base;
  for (int k = 2; !fs::create_directory(folder, error); ++k) {
    if (error) throw file_error("cannot make the folder", folder, error.value());
    folder = base.string() + "-" + std::to_string(k);
  }
  return folder;
}

void remove_empty_run_folder(const fs::path& folder) {
  std::error_code ignored;  // a folder with something in it stays
  if (fs::remove(folder, ignored)) fs::remove(folder.parent_path(), ignored);
}

void check_writable(const fs::path& path, const std::string& option) {
  const fs::path folder = parent_folder(path);
  const auto fail = [&](const char* what) {
    throw ConfigError({.what = what,
                       .where = option + " " + path.string(),
                       .got = {},
                       .allowed = "a file in a folder that exists and may be written",
                       .next = {}});
  };
  if (!fs::is_directory(folder)) fail("the folder does not exist");
  if (fs::is_directory(path)) fail("is a folder");
  if (::access(folder.c_str(), W_OK) != 0) fail("the folder cannot be written");
}

nlohmann::ordered_json make_summary(const std::string& command, std::int64_t seed,
                                    const std::string& config_digest, double wall_s, bool ok,
                                    nlohmann::ordered_json result) {
  return {{"command", command},
          {"version", version()},
          {"seed", seed},
          {"config_digest", config_digest},
          {"wall_s", wall_s},
          {"ok", ok},
          {"result", std::move(result)}};
}

}  // namespace noesis

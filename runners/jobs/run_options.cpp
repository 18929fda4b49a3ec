#include "runners/jobs/run_options.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "runners/report.hpp"
#include "runners/run_folder.hpp"

namespace noesis {

namespace fs = std::filesystem;

namespace {

void claim_parts(const fs::path& folder, const std::string& digest) {
  const fs::path file = parts_folder(folder) / "config_digest";
  std::string known;
  if (std::ifstream(file) >> known && known != digest) {
    throw ConfigError({.what = "the folder's parts are of another configuration",
                       .where = config_file(folder).string(),
                       .got = "digest " + digest,
                       .allowed = "digest " + known,
                       .next = "undo what was changed, or start anew with --out"});
  }
  fs::create_directories(file.parent_path());
  write_file_atomically(file, digest + "\n");
}

}  // namespace

void add_run_options(CLI::App& command, RunOptions& options) {
  command.add_option("config", options.config, "Configuration (TOML); default: all of it");
  command.add_flag("--quick", options.quick, "Less of everything, in less than a minute");
  command.add_option("--out", options.out, "Folder of the run (default: a new one in runs/)");
  command.add_option("--seed", options.seed, "Seed of everything");
  command.add_option("--backend", options.backend,
                     "What takes the brains' steps: auto, cpu (default), cuda or hip");
  command.add_option("--resume", options.resume, "Go on with the interrupted run of this folder");
  command.add_option("--set", options.overrides, "Override a key: a.b=value")
      ->allow_extra_args(false);
  command.add_flag("--json", options.json, "Print summary.json to stdout");
}

fs::path config_file(const fs::path& folder) { return folder / "config.toml"; }
fs::path parts_folder(const fs::path& folder) { return folder / "parts"; }

void check_resume(const RunOptions& options) {
  if (options.config.empty() && options.overrides.empty() && !options.seed && !options.quick &&
      options.out.empty()) {
    return;
  }
  throw ConfigError({.what = "an interrupted run goes on as it began",
                     .where = "--resume " + options.resume.string(),
                     .got = "a configuration or options that change it",
                     .allowed = "--resume, --json and what takes the steps (--backend)",
                     .next = "leave CONFIG, --set, --out and the like out"});
}

fs::path make_folder(const RunOptions& options, const std::string& command, std::int64_t seed) {
  if (!options.resume.empty()) return options.resume;
  if (options.out.empty()) return make_run_folder(command, seed);
  if (fs::exists(config_file(options.out))) {
    throw ConfigError({.what = "the folder holds a run",
                       .where = "--out " + options.out.string(),
                       .got = {},
                       .allowed = "a new or empty folder",
                       .next = "--resume " + options.out.string() + " goes on with it"});
  }
  std::error_code error;
  fs::create_directories(options.out, error);
  if (error) throw file_error("cannot make the folder", options.out, error.value());
  return options.out;
}

fs::path open_run(const RunOptions& options, const std::string& command, std::int64_t seed,
                  const std::string& digest, const std::string& config_toml) {
  const fs::path folder = make_folder(options, command, seed);
  claim_parts(folder, digest);
  write_file_atomically(config_file(folder), config_toml);
  std::fprintf(stderr, "noesis %s: running in %s\n", command.c_str(), folder.c_str());
  return folder;
}

int report_interrupted(const std::string& command, const fs::path& folder) {
  std::fprintf(stderr,
               "noesis %s: interrupted; finished parts are in %s\n"
               "noesis %s: `noesis %s --resume %s` goes on from there\n",
               command.c_str(), parts_folder(folder).c_str(), command.c_str(), command.c_str(),
               folder.c_str());
  return 130;
}

int finish_run(const RunOptions& options, const fs::path& folder,
               const nlohmann::ordered_json& summary, const std::string& words) {
  const bool ok = summary.at("ok").get<bool>();
  write_file_atomically(folder / "summary.json", summary.dump(2) + "\n");
  const bool reported = make_report(folder);
  std::FILE* const out = options.json ? stderr : stdout;
  if (options.json) std::printf("%s\n", summary.dump(2).c_str());
  std::fprintf(out, "\n%s\nsummary    %s\n", words.c_str(), (folder / "summary.json").c_str());
  if (reported) std::fprintf(out, "report     %s\n", (folder / "report.html").c_str());
  return ok ? 0 : 1;
}

}  // namespace noesis

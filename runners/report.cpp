#include "runners/report.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "runners/child_process.hpp"

namespace noesis {

namespace fs = std::filesystem;

namespace {

constexpr const char* kCheck = "import sys, plotly; sys.exit(sys.version_info < (3, 11))";
constexpr int kMalformed = 2;  // exit code of noesis.report for what is wrong with the run's files

/// The folder that holds the package `noesis`: beside an installed program, else in the source
/// tree.
fs::path module_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path installed = program.parent_path() / NOESIS_PYTHON_FROM_BIN;
  for (const fs::path& folder : {installed, fs::path(NOESIS_PYTHON_SOURCE)}) {
    if (fs::exists(folder / "noesis" / "report" / "__main__.py", error)) {
      return folder.lexically_normal();
    }
  }
  throw RunError({.what = "the Python module noesis.report was not found",
                  .where = "report",
                  .got = {},
                  .allowed = installed.lexically_normal().string() + " or " + NOESIS_PYTHON_SOURCE,
                  .next = "install noesis again"});
}

/// As noesis.report.run.report_path.
fs::path report_path(const fs::path& run) {
  if (fs::is_directory(run)) return run / "report.html";
  return (run.parent_path() / run.stem()).string() + ".report.html";
}

std::string find_python() {
  std::vector<std::string> candidates;
  if (const char* chosen = std::getenv("NOESIS_PYTHON"); chosen && *chosen) {
    candidates.emplace_back(chosen);
  }
  candidates.push_back(
      (fs::path(NOESIS_PYTHON_SOURCE).parent_path() / ".venv/bin/python").string());
  candidates.emplace_back("python3");
  std::string tried;
  for (const std::string& python : candidates) {
    if (run_child({python, "-c", kCheck}).exit_code == 0) return python;
    tried += (tried.empty() ? "" : ", ") + python;
  }
  throw RunError({.what = "no Python with plotly was found",
                  .where = "report",
                  .got = tried,
                  .allowed = "Python 3.11 or newer with plotly 6 or newer",
                  .next =
                      "run `python3 -m pip install plotly` and name that Python in NOESIS_PYTHON, "
                      "or start noesis by ./noesis, which sets one up"});
}

}  // namespace

fs::path write_report(const fs::path& run) {
  const std::string python = find_python();
  const ChildResult child = run_child({python, "-B", "-m", "noesis.report", run.string()},
                                      {{"PYTHONPATH", module_folder().string()}});
  if (child.exit_code == 0) return report_path(run);
  std::string message = child.errors;
  while (!message.empty() && message.back() == '\n') message.pop_back();
  const ErrorParts parts = {
      .what = message.empty() ? "the report was not made" : message,
      .where = {},
      .got = {},
      .allowed = {},
      .next = child.exit_code == kMalformed
                  ? ""
                  : python + " ended with " + std::to_string(child.exit_code)};
  if (child.exit_code == kMalformed) throw ConfigError(parts);
  throw RunError(parts);
}

bool make_report(const fs::path& folder) {
  try {
    write_report(folder);
    return true;
  } catch (const UserError& error) {
    std::fprintf(stderr, "noesis: warning: there is no report.html: %s\n", error.what());
    std::fprintf(stderr, "noesis: `noesis report %s` makes it\n", folder.c_str());
    return false;
  }
}

void add_report_command(CLI::App& app) {
  struct Options {
    std::string run;
    bool open = false;
  };
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("report", "Make a run's report.html anew");
  command->add_option("run", options->run, "Folder of the run, or recording of `simulate --out`")
      ->required();
  command->add_flag("--open", options->open, "Show it in the browser");
  command->footer(
      "Examples:\n"
      "  noesis report runs/loop-20260101-120000-0 --open\n"
      "  noesis report run.h5                              # makes run.report.html\n"
      "NOESIS_PYTHON names the Python to use; it needs plotly.");
  command->callback([options] {
    const fs::path report = write_report(options->run);
    std::printf("%s\n", report.c_str());
    if (options->open && run_child({"xdg-open", report.string()}).exit_code != 0) {
      std::fprintf(stderr, "noesis report: no browser could be started; open the file by hand\n");
    }
  });
}

}  // namespace noesis

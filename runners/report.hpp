#pragma once
/// The report of a run, report.html, which the Python module noesis.report makes of the run's
/// files.

#include <filesystem>

namespace CLI {
class App;
}

namespace noesis {

/// Makes DIR/report.html of a run's folder DIR, or NAME.report.html of the recording NAME.h5, .npz
/// or .csv of `simulate --out` and the files beside it, with the first Python of $NOESIS_PYTHON,
/// the source tree's .venv and python3 that is 3.11 or newer and has plotly. Returns its path.
/// @throws ConfigError where there is no run or are malformed files, RunError where there is no
/// such Python or it fails.
std::filesystem::path write_report(const std::filesystem::path& run);

/// As write_report at the end of a run, which no report is to make fail: where there is none, says
/// why on stderr and returns false.
bool make_report(const std::filesystem::path& folder);

/// `noesis report RUN [--open]`.
void add_report_command(CLI::App& app);

}  // namespace noesis

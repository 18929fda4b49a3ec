#include "runners/fit_command.hpp"

#include <memory>

#include "runners/config_keys.hpp"
#include "runners/fit/fit.hpp"
#include "runners/fit/fit_config.hpp"

namespace noesis {

void add_fit_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<RunOptions>();
  const auto list_keys = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("fit", "Fit a connectome's weights to recorded activity");
  command->add_option("config", options->config, "Configuration (TOML)");
  command->add_option("--out", options->out, "Folder of the run (default: a new one in runs/)");
  command->add_option("--resume", options->resume, "Go on with the interrupted run of this folder");
  command->add_option("--set", options->overrides, "Override a key: a.b=value")
      ->allow_extra_args(false);
  command->add_flag("--json", options->json, "Print summary.json to stdout");
  command->add_flag("--keys", *list_keys,
                    "List the configuration's keys and stop; with --json as JSON");
  command->footer(
      "Examples:\n"
      "  noesis fit configs/fit.toml\n"
      "  noesis fit configs/fit.toml --set seeds=3 --set brains.0.samples='[50, 100, 200]'\n"
      "  noesis simulate configs/celegans.toml --out worm.h5 --set record.all_components=true\n"
      "  noesis fit mine.toml --set brains.0.recording=worm.h5\n"
      "  noesis fit --resume runs/fit-20260101-120000-0\n"
      "Ctrl-C keeps what is done; --resume goes on from there, to the same bits. Exit code 1: a\n"
      "control did not come out as it must.");
  command->callback([options, list_keys, &exit_code] {
    if (*list_keys) {
      print_keys<FitConfig>(options->config, options->overrides, options->json);
      return;
    }
    if (options->config.empty() && options->resume.empty()) throw CLI::RequiredError("config");
    exit_code = fit(*options);
  });
}

}  // namespace noesis

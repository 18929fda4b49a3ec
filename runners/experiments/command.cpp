#include "runners/experiments/command.hpp"

#include <memory>

#include "runners/config_keys.hpp"
#include "runners/experiments/cure.hpp"
#include "runners/experiments/experiment.hpp"
#include "runners/experiments/flaw.hpp"
#include "runners/experiments/grow.hpp"
#include "runners/experiments/seed_and_tape.hpp"

namespace noesis {
namespace {

template <class Experiment>
void add(CLI::App& app, int& exit_code, const std::string& help, const std::string& example) {
  const auto options = std::make_shared<RunOptions>();
  const auto keys = std::make_shared<bool>(false);
  const std::string name = Experiment::kName;
  CLI::App* const command = app.add_subcommand(name, help);
  add_run_options(*command, *options);
  command->add_flag("--keys", *keys, "List the configuration's keys and stop; with --json as JSON");
  command->footer("Examples:\n  noesis " + name + " --quick\n  noesis " + name +
                  " --seed 100 --out runs/mine\n  noesis " + name + " " + example + "\n  noesis " +
                  name + " --resume runs/mine\n" +
                  "Ctrl-C keeps every finished part. Exit code 1: a control did not come out as "
                  "it must.");
  command->callback([options, keys, &exit_code] {
    if (*keys) {
      print_keys(options->config, options->overrides, options->json,
                 Experiment::defaults(options->quick));
      return;
    }
    exit_code = run_experiment<Experiment>(*options);
  });
}

}  // namespace

void add_experiment_commands(CLI::App& app, int& exit_code) {
  add<SeedAndTape>(app, exit_code, "A seed hears a tape and grows where it cannot predict it",
                   "--set 'tapes=[\"chaotic\"]' --set brain.neurogenesis.threshold=0.1");
  add<Grow>(app, exit_code, "Growth with and without homeostasis, arousal and noise",
            "--set 'growth.sizes=[5, 100]' --set growth.excitatory_fraction=0.8");
  add<Flaw>(app, exit_code, "Lives without sleep: does learning saturate until it explodes?",
            "--set 'learners=[\"hebbian\"]' --set life.task_steps=1000");
  add<Cure>(app, exit_code, "Lives with sleep, and what in sleep helps",
            "--set life.sleep.kept=0.5 --set 'conditions=[\"load\", \"no sleep\"]'");
}

}  // namespace noesis

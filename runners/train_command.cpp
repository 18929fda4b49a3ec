#include "runners/train_command.hpp"

#include <memory>

#include "agent/train_config.hpp"
#include "runners/config_keys.hpp"
#include "runners/train.hpp"

namespace noesis {
namespace {

void add_train(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<TrainOptions>();
  const auto list_keys = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("train", "Train agents in an environment");
  command->add_option("config", options->run.config, "Configuration (TOML)");
  command->add_option("--out", options->run.out, "Folder of the run (default: a new one in runs/)");
  command->add_option("--resume", options->run.resume,
                      "Go on with the interrupted run of this folder");
  command->add_option("--set", options->run.overrides, "Override a key: a.b=value")
      ->allow_extra_args(false);
  command
      ->add_option("--backend", options->backend,
                   "What takes the steps of brains: auto, cpu, cuda or hip; results are the same")
      ->capture_default_str();
  command
      ->add_option("--local-workers", options->local_workers,
                   "Split the brains over so many processes; results are the same")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  command->add_flag("--json", options->run.json, "Print summary.json to stdout");
  command->add_flag("--keys", *list_keys,
                    "List the configuration's keys and stop; with --json as JSON");
  command->footer(
      "Examples:\n"
      "  noesis train configs/train-steer.toml\n"
      "  noesis train configs/train-steer.toml --set seeds=1 --set agent.use_fast_cache=true\n"
      "  noesis train --resume runs/train-20260101-120000-0\n"
      "Ctrl-C saves checkpoints; --resume goes on from there, to the same bits.");
  command->callback([options, list_keys, &exit_code] {
    if (*list_keys) {
      print_keys<TrainConfig>(options->run.config, options->run.overrides, options->run.json);
      return;
    }
    if (options->run.config.empty() && options->run.resume.empty())
      throw CLI::RequiredError("config");
    exit_code = train(*options);
  });
}

void add_eval(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<EvalOptions>();
  auto* command = app.add_subcommand("eval", "Returns of a trained agent, as it acts");
  command
      ->add_option("checkpoint", options->checkpoint,
                   "Checkpoint, or the folder of a seed, or of a training of one seed")
      ->required();
  command->add_option("--env", options->env, "Environment (default: the one it was trained in)");
  command->add_option("--episodes", options->episodes, "Episodes (default: as in training)");
  command->add_option("--seed", options->seed, "Seed of the first one (default: as in training)");
  command->add_flag("--json", options->json, "Print a summary to stdout");
  command->footer(
      "Examples:\n"
      "  noesis eval runs/train-20260101-120000-0/seed-0\n"
      "  noesis eval runs/one --episodes 100 --seed 50 --json");
  command->callback([options, &exit_code] { exit_code = eval(*options); });
}

}  // namespace

void add_train_commands(CLI::App& app, int& exit_code) {
  add_train(app, exit_code);
  add_eval(app, exit_code);
}

}  // namespace noesis

#include "env/registry.hpp"

#include <functional>

#include "core/error.hpp"
#include "core/registry.hpp"
#include "env/tasks/discover.hpp"
#include "env/tasks/emulate.hpp"
#include "env/tasks/heal.hpp"
#include "env/tasks/replay.hpp"
#include "env/tasks/steer.hpp"
#include "env/tasks/tape.hpp"
#include "env/tasks/timed.hpp"
#include "env/wrappers.hpp"

namespace noesis {
namespace {

struct Entry {
  EnvSpec spec;
  std::function<MadeTask(const EnvOptions&, std::int64_t num_envs, int num_threads)> make;
  std::function<std::vector<ConfigKey>()> keys;
};

void refuse_files(const std::vector<std::string>& files) {
  if (files.empty()) return;
  throw ConfigError({.what = "an option that names a file",
                     .where = {},
                     .got = files.front(),
                     .allowed = "options without files: they come from another machine",
                     .next = {}});
}

/// `TaskType` is made from (Options, num_envs, num_threads).
template <class TaskType, class Options>
Entry entry(std::string id, std::int64_t max_episode_steps, double reward_threshold) {
  const EnvSpec spec{.id = std::move(id),
                     .max_episode_steps = max_episode_steps,
                     .reward_threshold = reward_threshold,
                     .options = config_to_toml(Timed<Options>{max_episode_steps, {}})};
  return {.spec = spec,
          .make =
              [spec](const EnvOptions& options, std::int64_t num_envs, int num_threads) {
                Timed<Options> config =
                    parse_config(options.toml, options.source, options.overrides,
                                 Timed<Options>{spec.max_episode_steps, {}});
                if constexpr (requires { config.task.files(); }) {
                  if (!options.may_read_files) refuse_files(config.task.files());
                }
                if constexpr (requires { config.task.brain.make_backend; }) {
                  config.task.brain.make_backend = options.make_backend;
                }
                if constexpr (requires { config.task.make_backend; }) {
                  config.task.make_backend = options.make_backend.of_double;
                }
                MadeTask made{std::make_unique<TaskType>(config.task, num_envs, num_threads), spec};
                made.spec.max_episode_steps = config.max_episode_steps;
                made.spec.options = config_to_toml(config);
                return made;
              },
          .keys =
              [max_episode_steps] {
                std::vector<ConfigKey> keys = describe_config<Timed<Options>>();
                keys.front().default_value = std::to_string(max_episode_steps);
                return keys;
              }};
}

const Registry<Entry>& registry() {
  static const Registry<Entry> entries = [] {
    Registry<Entry> all("environment");
    const auto add = [&all](const Entry& one) { all.add(one.spec.id, one); };
    add(entry<DiscoverTask, DiscoverOptions>("noesis/Discover-v0", 0, 0.35));
    add(entry<EmulateTask, EmulateOptions>("noesis/Emulate-v0", 200, -80));
    add(entry<QuenchTask, QuenchOptions>("noesis/Quench-v0", 200, 165));
    add(entry<ReplayTask, ReplayOptions>("noesis/Replay-v0", 500, 45));
    add(entry<SteerTask, SteerOptions>("noesis/Steer-v0", 100, -30));
    add(entry<TapeTask, TapeOptions>("noesis/Tape-v0", 500, -60));
    add(entry<WakeTask, WakeOptions>("noesis/Wake-v0", 200, 90));
    return all;
  }();
  return entries;
}

}  // namespace

std::vector<std::string> env_ids() { return registry().names(); }

EnvSpec env_spec(const std::string& id) { return registry().get(id).spec; }

std::vector<ConfigKey> env_option_keys(const std::string& id) { return registry().get(id).keys(); }

MadeTask make_task(const std::string& id, std::int64_t num_envs, const EnvOptions& options,
                   int num_threads) {
  const Entry& entry = registry().get(id);
  constexpr std::int64_t kMostEnvs = 1'000'000;
  if (num_envs < 1 || num_envs > kMostEnvs) {
    throw ConfigError({.what = "an impossible number of environments",
                       .where = "num_envs",
                       .got = std::to_string(num_envs),
                       .allowed = "1 to " + std::to_string(kMostEnvs),
                       .next = {}});
  }
  return entry.make(options, num_envs, num_threads);
}

std::unique_ptr<Env> make(const std::string& id, const EnvOptions& options,
                          const std::string& render_mode) {
  MadeTask made = make_task(id, 1, options, 1);
  return std::make_unique<TimeLimit>(
      std::make_unique<TaskEnv>(std::move(made.task), std::move(made.spec), render_mode));
}

std::unique_ptr<VectorEnv> make_vec(const std::string& id, std::int64_t num_envs,
                                    const EnvOptions& options, Autoreset autoreset,
                                    int num_threads) {
  MadeTask made = make_task(id, num_envs, options, num_threads);
  return std::make_unique<VectorEnv>(std::move(made.task), std::move(made.spec), autoreset);
}

}  // namespace noesis

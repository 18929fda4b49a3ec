#include "runners/train.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "agent/trainer.hpp"
#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "core/interrupt.hpp"
#include "core/progress.hpp"
#include "runners/latest_returns.hpp"
#include "runners/metrics_log.hpp"
#include "runners/run_folder.hpp"
#include "runners/split_settings.hpp"
#include "runners/tensorboard.hpp"

namespace noesis {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

/// Both files of a run. Speed goes to TensorBoard alone: metrics.jsonl depends on no clock. The
/// line of progress gets the returns.
class TrainingScalars final : public ScalarSink {
 public:
  TrainingScalars(const fs::path& folder, std::optional<std::int64_t> resume_step,
                  std::function<void(double)> on_return)
      : metrics_(folder / "metrics.jsonl", resume_step),
        tensorboard_(folder, resume_step),
        on_return_(std::move(on_return)) {}

  void scalar(std::string_view name, std::int64_t step, double value) override {
    metrics_.scalar(name, step, value);
    tensorboard_.scalar(name, step, value);
    if (name == "charts/episodic_return") on_return_(value);
  }
  void speed(std::int64_t step, double steps_per_second) {
    tensorboard_.scalar("charts/SPS", step, steps_per_second);
  }
  void flush() override {
    metrics_.flush();
    tensorboard_.flush();
  }

 private:
  MetricsLog metrics_;
  TensorboardWriter tensorboard_;
  std::function<void(double)> on_return_;
};

Json describe(const Evaluation& evaluation) {
  return {{"mean", evaluation.mean}, {"se", evaluation.se}, {"returns", evaluation.returns}};
}

/// What the environment's simple policies get in the same episodes; those that know the task.
Json baselines(const TrainConfig& config) {
  const EnvOptions env{.toml = {}, .overrides = config.env_options};
  Json found = Json::object();
  for (const std::string& name : baseline_names(config.env)) {
    try {
      found[name] =
          describe(evaluate(make_baseline(name, config.env, env), config.env, config.eval_episodes,
                            static_cast<std::uint64_t>(config.eval_seed), env));
    } catch (const ConfigError&) {
      found[name] = nullptr;  // it does not know the task with these options
    }
  }
  return found;
}

/// Where between doing nothing (0) and the scripted baseline (1) a return lies; null where either
/// is missing or they are equal.
Json gap_closed(double mean, const Json& baselines) {
  for (const char* name : {"zero", "scripted"}) {
    if (!baselines.contains(name) || baselines[name].is_null()) return nullptr;
  }
  const double zero = baselines["zero"]["mean"];
  const double scripted = baselines["scripted"]["mean"];
  if (scripted == zero) return nullptr;
  return (mean - zero) / (scripted - zero);
}

/// Several agents, each on a thread of its own.
class TrainingRun {
 public:
  TrainingRun(TrainConfig config, fs::path folder, bool resumes, BackendFactories make_backend)
      : config_(std::move(config)),
        folder_(std::move(folder)),
        resumes_(resumes),
        make_backend_(std::move(make_backend)) {}

  /// False when interrupted.
  bool run() {
    const InterruptScope interrupts;
    const auto count = static_cast<std::size_t>(config_.seeds);
    results_.assign(count, nullptr);
    std::vector<std::exception_ptr> failures(count);
    LatestReturns returns(count);
    Progress progress("train", config_.seeds * total_steps(), "steps",
                      {.is_terminal = {}, .now_s = {}, .note = [&] { return returns.text(); }});
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t k = next++; k < count; k = next++) {
        try {
          train_one(k, progress, returns);
        } catch (...) {
          failures[k] = std::current_exception();
        }
      }
    };
    const std::size_t threads =
        std::min<std::size_t>(count, std::max(1U, std::thread::hardware_concurrency()));
    std::vector<std::thread> others;
    for (std::size_t t = 1; t < threads; ++t) others.emplace_back(work);
    work();
    for (std::thread& thread : others) thread.join();
    for (const std::exception_ptr& failure : failures) {
      if (failure) std::rethrow_exception(failure);
    }
    return std::none_of(results_.begin(), results_.end(),
                        [](const Json& result) { return result.is_null(); });
  }

  Json result() const {
    const Json simple = baselines(config_);
    Json agents = Json::array();
    for (Json agent : results_) {
      agent["gap_closed"] = gap_closed(agent["eval"]["mean"], simple);
      agents.push_back(std::move(agent));
    }
    return {{"env", config_.env},
            {"eval_episodes", config_.eval_episodes},
            {"eval_seed", config_.eval_seed},
            {"baselines", simple},
            {"agents", std::move(agents)}};
  }

 private:
  std::int64_t total_steps() const {
    const std::int64_t batch = config_.num_envs * config_.ppo.rollout_length;
    return (config_.ppo.total_steps + batch - 1) / batch * batch;
  }

  void train_one(std::size_t index, Progress& progress, LatestReturns& returns) {
    const std::uint64_t seed = static_cast<std::uint64_t>(config_.seed) + index;
    const fs::path folder = folder_ / ("seed-" + std::to_string(seed));
    const fs::path checkpoint = folder / "checkpoints" / "last";
    fs::create_directories(checkpoint.parent_path());
    Trainer trainer(config_, seed, make_backend_);
    std::optional<std::int64_t> resume_step;
    if (resumes_ && fs::exists(checkpoint)) {
      trainer.load(checkpoint);
      resume_step = trainer.steps_done();
      progress.advance(trainer.steps_done());
    }
    TrainingScalars scalars(folder, resume_step, [&](double mean) { returns.set(index, mean); });
    const std::int64_t batch = config_.num_envs * config_.ppo.rollout_length;
    auto since = std::chrono::steady_clock::now();
    std::int64_t since_step = trainer.steps_done();
    while (trainer.updates_done() < trainer.num_updates()) {
      if (interrupt_requested()) {
        save(trainer, scalars, checkpoint);
        return;
      }
      trainer.update(&scalars);
      progress.advance(batch);
      if (trainer.updates_done() % config_.checkpoint_every == 0) {
        const auto now = std::chrono::steady_clock::now();
        const double seconds = std::chrono::duration<double>(now - since).count();
        const std::int64_t step = trainer.steps_done();
        scalars.speed(step, static_cast<double>(step - since_step) / seconds);
        since = now;
        since_step = step;
        save(trainer, scalars, checkpoint);
      }
    }
    const Evaluation evaluation = trainer.evaluate_policy();
    scalars.scalar("eval/episodic_return", trainer.steps_done(), evaluation.mean);
    save(trainer, scalars, checkpoint);
    results_[index] = {{"seed", seed},
                       {"steps", trainer.steps_done()},
                       {"updates", trainer.updates_done()},
                       {"checkpoint", checkpoint.string()},
                       {"eval", describe(evaluation)}};
  }

  static void save(const Trainer& trainer, TrainingScalars& scalars, const fs::path& checkpoint) {
    scalars.flush();  // before the state: a resumed log must hold all that was before it
    trainer.save(checkpoint);
  }

  TrainConfig config_;
  fs::path folder_;
  bool resumes_;
  BackendFactories make_backend_;
  std::vector<Json> results_;
};

TrainConfig configure(const RunOptions& options) {
  if (options.resume.empty()) return load_config<TrainConfig>(options.config, options.overrides);
  check_resume(options);
  return load_config<TrainConfig>(config_file(options.resume));
}

void print_result(std::FILE* to, const Json& result, const fs::path& folder) {
  for (const auto& [name, value] : result["baselines"].items()) {
    if (value.is_null()) continue;
    std::fprintf(to, "%-10s return %10.3f +- %.3f\n", name.c_str(), value["mean"].get<double>(),
                 value["se"].get<double>());
  }
  for (const Json& agent : result["agents"]) {
    std::fprintf(to, "seed %-5lld return %10.3f +- %.3f", agent["seed"].get<long long>(),
                 agent["eval"]["mean"].get<double>(), agent["eval"]["se"].get<double>());
    if (!agent["gap_closed"].is_null()) {
      std::fprintf(to, "  (%.0f%% of the way from zero to scripted)",
                   100 * agent["gap_closed"].get<double>());
    }
    std::fputs("\n", to);
  }
  std::fprintf(to, "run        %s\n", folder.c_str());
}

/// The folders of the agents of a run.
std::vector<fs::path> seed_folders(const fs::path& run) {
  std::vector<fs::path> found;
  if (!fs::is_directory(run)) return found;
  for (const fs::directory_entry& entry : fs::directory_iterator(run)) {
    if (entry.path().filename().string().starts_with("seed-")) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// The checkpoint that the folder of a run of one seed, or of a seed, or its own names.
fs::path checkpoint_folder(const fs::path& named) {
  const std::vector<fs::path> seeds = seed_folders(named);
  if (seeds.size() > 1) {
    throw ConfigError({.what = "a run of several seeds, of which one is evaluated at a time",
                       .where = "noesis eval",
                       .got = named.string(),
                       .allowed = seeds.front().string() + " or another of its seeds",
                       .next = {}});
  }
  const fs::path of_seed = (seeds.empty() ? named : seeds.front()) / "checkpoints" / "last";
  if (fs::exists(of_seed)) return of_seed;
  if (fs::exists(named) && !fs::is_directory(named)) {
    throw ConfigError({.what = "not a checkpoint of noesis train, which is a folder",
                       .where = "noesis eval",
                       .got = named.string(),
                       .allowed = "a folder with agent.h5 and manifest.json",
                       .next = {}});
  }
  return named;
}

/// The result of a run that is done.
std::optional<Json> finished_result(const fs::path& folder) {
  std::ifstream stream(folder / "summary.json");
  const Json summary = Json::parse(stream, nullptr, false);
  if (!summary.is_object() || !summary.contains("result")) return std::nullopt;
  return summary.at("result");
}

}  // namespace

int train(const TrainOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const bool resumes = !options.run.resume.empty();
  const TrainConfig config = configure(options.run);
  const BackendFactories make_backend = env_backend_factory(options.backend, options.local_workers);
  {
    TrainConfig probe = config;  // what cannot be is said before there is a folder
    probe.num_envs = 1;
    const Trainer trainer(probe, static_cast<std::uint64_t>(config.seed), make_backend);
  }
  const fs::path folder = make_folder(options.run, "train", config.seed);
  if (const auto result = resumes ? finished_result(folder) : std::nullopt) {
    std::fprintf(stderr, "noesis train: this run is finished; nothing was done\n");
    print_result(options.run.json ? stderr : stdout, *result, folder);
    return 0;
  }
  try {
    write_file_atomically(config_file(folder), config_to_toml(config));
    TrainingRun run(config, folder, resumes, make_backend);
    if (!run.run()) {
      std::fprintf(stderr,
                   "noesis train: interrupted; checkpoints are in %s\n"
                   "noesis train: `noesis train --resume %s` goes on from there\n",
                   folder.c_str(), folder.c_str());
      return 130;
    }
    const Json result = run.result();
    const double wall_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const std::string summary =
        make_summary("train", config.seed, config_digest(config), wall_s, true, result).dump(2);
    write_file_atomically(folder / "summary.json", summary + "\n");
    if (options.run.json) std::printf("%s\n", summary.c_str());
    print_result(options.run.json ? stderr : stdout, result, folder);
    return 0;
  } catch (...) {
    if (!resumes && options.run.out.empty()) remove_empty_run_folder(folder);
    throw;
  }
}

int eval(const EvalOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const fs::path folder = checkpoint_folder(options.checkpoint);
  TrainConfig config;
  const TrainedPolicy trained = load_policy(folder, config);
  if (!options.env.empty() && options.env != config.env) {
    config.env = options.env;
    config.env_options.clear();
  }
  config.eval_episodes = options.episodes.value_or(config.eval_episodes);
  config.eval_seed = options.seed.value_or(config.eval_seed);
  if (config.eval_episodes < 1 || config.eval_seed < 0) {
    throw ConfigError(
        {.what = "an impossible evaluation",
         .where = "--episodes, --seed",
         .got = std::to_string(config.eval_episodes) + ", " + std::to_string(config.eval_seed),
         .allowed = "at least 1 episode, a seed of at least 0",
         .next = {}});
  }
  const EnvOptions env{.toml = {}, .overrides = config.env_options};
  check_sizes(trained, *make_vec(config.env, 1, env), config.env);
  const Evaluation evaluation = evaluate(trained.policy, config.env, config.eval_episodes,
                                         static_cast<std::uint64_t>(config.eval_seed), env);
  const double wall_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const Json result = {{"checkpoint", folder.string()},
                       {"env", config.env},
                       {"episodes", config.eval_episodes},
                       {"seed", config.eval_seed},
                       {"eval", describe(evaluation)}};
  if (options.json) {
    std::printf("%s\n",
                make_summary("eval", config.eval_seed, config_digest(config), wall_s, true, result)
                    .dump(2)
                    .c_str());
  }
  std::fprintf(options.json ? stderr : stdout,
               "%s, %lld episodes from seed %lld: return %.6f +- %.6f\n", config.env.c_str(),
               static_cast<long long>(config.eval_episodes),
               static_cast<long long>(config.eval_seed), evaluation.mean, evaluation.se);
  return 0;
}

}  // namespace noesis

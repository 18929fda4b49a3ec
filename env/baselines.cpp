#include "env/baselines.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.hpp"
#include "core/registry.hpp"
#include "core/rng.hpp"
#include "env/baselines/baselines.hpp"

namespace noesis {
namespace {

class ZeroPolicy final : public Policy {
 public:
  void act(std::span<const float>, std::span<float> action) override {
    std::fill(action.begin(), action.end(), 0.0f);
  }
};

class RandomPolicy final : public Policy {
 public:
  RandomPolicy(Space space, std::uint64_t seed)
      : space_(std::move(space)), random_(seed, Stream::kResampling) {}
  void act(std::span<const float>, std::span<float> action) override {
    space_.flatten(space_.sample(random_), action);
  }

 private:
  Space space_;
  RandomSequence random_;
};

using Maker = PolicyFactory (*)(const EnvOptions&);

const Registry<Registry<Maker>>& scripted() {
  static const Registry<Registry<Maker>> makers_by_id = [] {
    Registry<Registry<Maker>> all("environment");
    const auto of = [&all](const char* id, std::map<std::string, Maker> makers) {
      Registry<Maker> some("baseline");
      for (const auto& [name, maker] : makers) some.add(name, maker);
      all.add(id, std::move(some));
    };
    of("noesis/Discover-v0", {{"scripted", scripted_discover}});
    of("noesis/Emulate-v0", {{"persistence", persistent_emulate}, {"scripted", linear_emulate}});
    of("noesis/Quench-v0", {{"scripted", scripted_quench}});
    of("noesis/Replay-v0", {{"scripted", scripted_replay}});
    of("noesis/Steer-v0", {{"scripted", scripted_steer}});
    of("noesis/Tape-v0", {{"persistence", persistent_tape}, {"scripted", scripted_tape}});
    of("noesis/Wake-v0", {{"scripted", scripted_wake}});
    return all;
  }();
  return makers_by_id;
}

}  // namespace

std::vector<std::string> baseline_names(const std::string& id) {
  env_spec(id);  // refuses an unknown one
  std::vector<std::string> names = {"zero", "random"};
  const std::vector<std::string> with_more = scripted().names();
  if (std::ranges::find(with_more, id) != with_more.end()) {
    const std::vector<std::string> more = scripted().get(id).names();
    names.insert(names.end(), more.begin(), more.end());
  }
  return names;
}

PolicyFactory make_baseline(const std::string& name, const std::string& id,
                            const EnvOptions& options) {
  if (name == "zero") {
    return [](std::uint64_t) { return std::make_unique<ZeroPolicy>(); };
  }
  if (name == "random") {
    const Space space = make_task(id, 1, options).task->action_space();
    return [space](std::uint64_t seed) { return std::make_unique<RandomPolicy>(space, seed); };
  }
  const std::vector<std::string> names = baseline_names(id);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw ConfigError({.what = "unknown baseline",
                       .where = id,
                       .got = "'" + name + "'",
                       .allowed = join_names(names),
                       .next = suggest_name(name, names)});
  }
  return scripted().get(id).get(name)(options);
}

Evaluation evaluate(const PolicyFactory& policy, const std::string& id, std::int64_t episodes,
                    std::uint64_t seed, const EnvOptions& options, int num_threads) {
  const auto envs = make_vec(id, episodes, options, Autoreset::kNextStep, num_threads);
  const auto n = static_cast<std::size_t>(episodes);
  const auto observation_size = static_cast<std::size_t>(envs->observation_size());
  const auto action_size = static_cast<std::size_t>(envs->action_size());
  std::vector<std::unique_ptr<Policy>> policies;
  for (std::size_t e = 0; e < n; ++e) policies.push_back(policy(seed + e));
  Evaluation result{.returns = std::vector<double>(n), .lengths = std::vector<std::int64_t>(n)};
  std::vector<float> actions(n * action_size);
  std::size_t running = n;
  envs->reset(seed);
  for (std::int64_t step = 0; running > 0; ++step) {
    constexpr std::int64_t kTooLong = 1'000'000;
    if (step == kTooLong) {
      throw ConfigError({.what = "an episode has no end",
                         .where = id,
                         .got = std::to_string(kTooLong) + " steps",
                         .allowed = {},
                         .next = "set max_episode_steps"});
    }
    for (std::size_t e = 0; e < n; ++e) {
      if (result.lengths[e] > 0) continue;  // done: what it does does not count
      policies[e]->act(envs->observations().subspan(e * observation_size, observation_size),
                       std::span(actions).subspan(e * action_size, action_size));
    }
    envs->step(actions);
    for (std::size_t e = 0; e < n; ++e) {
      if (result.lengths[e] > 0 || (envs->terminated()[e] | envs->truncated()[e]) == 0) continue;
      result.returns[e] = envs->episode_returns()[e];
      result.lengths[e] = envs->episode_lengths()[e];
      --running;
    }
  }
  for (const double value : result.returns) result.mean += value / static_cast<double>(n);
  double squares = 0;
  for (const double value : result.returns) squares += std::pow(value - result.mean, 2);
  if (n > 1) result.se = std::sqrt(squares / static_cast<double>(n - 1) / static_cast<double>(n));
  return result;
}

}  // namespace noesis

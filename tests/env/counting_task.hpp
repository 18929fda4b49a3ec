#pragma once
// A task small enough to know by heart: it counts its steps, and its end is known.

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/rng.hpp"
#include "env/task.hpp"

namespace noesis::testing {

/// Observation: (steps since reset, a number drawn from the seed and the step). Reward: the action
/// plus the number of steps. Terminates after `length` steps (0: never).
class CountingTask final : public Task {
 public:
  CountingTask(std::int64_t num_envs, std::int64_t length)
      : length_(length),
        seeds_(static_cast<std::size_t>(num_envs)),
        counts_(static_cast<std::size_t>(num_envs)) {}

  std::int64_t num_envs() const override { return std::ssize(counts_); }
  const Space& observation_space() const override { return observation_space_; }
  const Space& action_space() const override { return action_space_; }

  void reset(std::int64_t env, std::uint64_t seed, const Dict& options,
             std::span<float> observation, InfoTable& info) override {
    if (!options.empty()) {
      throw ConfigError(
          {.what = "unknown option", .where = {}, .got = {}, .allowed = {}, .next = {}});
    }
    const auto e = static_cast<std::size_t>(env);
    seeds_[e] = seed;
    counts_[e] = 0;
    info.set("started", env, 1);
    observe(e, observation);
  }

  void step(std::span<const float> actions, std::span<const std::uint8_t> active,
            const TaskStep& out) override {
    for (std::size_t e = 0; e < counts_.size(); ++e) {
      if (active[e] == 0) continue;
      ++counts_[e];
      out.rewards[e] = actions[e] + static_cast<double>(counts_[e]);
      out.terminated[e] = length_ > 0 && counts_[e] >= length_;
      out.info.set("count", static_cast<std::int64_t>(e), static_cast<double>(counts_[e]));
      observe(e, out.observations.subspan(2 * e, 2));
    }
  }

  void save(std::int64_t env, ByteWriter& out) const override {
    out.put(seeds_[static_cast<std::size_t>(env)]);
    out.put(counts_[static_cast<std::size_t>(env)]);
  }
  void load(std::int64_t env, ByteReader& in) override {
    in.get(seeds_[static_cast<std::size_t>(env)]);
    in.get(counts_[static_cast<std::size_t>(env)]);
  }
  std::vector<RenderRow> render_rows(std::int64_t env) const override {
    const auto count = static_cast<double>(counts_[static_cast<std::size_t>(env)]);
    return {{.name = "count", .values = {count}, .low = 0, .high = 10}};
  }

 private:
  void observe(std::size_t e, std::span<float> observation) const {
    observation[0] = static_cast<float>(counts_[e]);
    observation[1] = static_cast<float>(
        uniform_pair(seeds_[e], Stream::kTask, static_cast<std::uint64_t>(counts_[e]), 0).first);
  }

  Space observation_space_ = uniform_box({2}, 0, 1000);
  Space action_space_ = uniform_box({1}, -1, 1);
  std::int64_t length_;
  std::vector<std::uint64_t> seeds_;
  std::vector<std::int64_t> counts_;
};

}  // namespace noesis::testing

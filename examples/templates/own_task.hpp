#pragma once
/// A template of a task: keep the mean rate of a brain at a level. Copy it to env/tasks/, rename
/// it, and follow docs/guides/add-a-task.md. It asks little, so that what every task must do can be
/// seen.

#include <algorithm>
#include <cmath>
#include <vector>

#include "env/task.hpp"
#include "env/tasks/controlled_brain.hpp"
#include "env/tasks/reset_options.hpp"

namespace noesis {

/// Keys of the task, beside those of the brain: a name, a default, a text with the unit, a range.
struct HoldOptions {
  BrainOptions brain;
  double level = 0.3;

  template <class V>
  void visit(V& v) {
    brain.visit(v);
    v("level", level, "Mean rate to be held", between(0, 1));
  }
  std::vector<std::string> files() const { return brain.files(); }
};

/// Observation: recorded rates. Reward: minus the distance of their mean from the level, over 0.1,
/// minus energy_weight times the energy of the currents. Never terminated.
class HoldTask final : public Task {
 public:
  /// @throws ConfigError for options that do not go together.
  HoldTask(const HoldOptions& options, std::int64_t num_envs, int num_threads)
      : level_(options.level),
        brain_(controlled_subject(options.brain), options.brain, num_envs, num_threads),
        observation_space_(uniform_box({brain_.recorded().size()}, -1, 1)) {}

  std::int64_t num_envs() const override { return brain_.num_envs(); }
  const Space& observation_space() const override { return observation_space_; }
  const Space& action_space() const override { return brain_.action_space(); }

  // Whatever is random in an episode follows from `seed`: here the brain's initial state and noise.
  void reset(std::int64_t env, std::uint64_t seed, const Dict& options,
             std::span<float> observation, InfoTable& info) override {
    refuse_reset_options(options, "Hold");
    brain_.reset(env, seed);
    brain_.observe(env, observation);
    info.set("distance", env, distance(env));
  }

  // All environments at once: actions first, then one advance of the whole batch, then results.
  void step(std::span<const float> actions, std::span<const std::uint8_t> active,
            const TaskStep& out) override {
    const auto n = static_cast<std::size_t>(num_envs());
    const auto action_size = static_cast<std::size_t>(action_space().flat_size());
    const auto observation_size = static_cast<std::size_t>(observation_space_.flat_size());
    std::vector<double> energy(n);
    for (std::size_t e = 0; e < n; ++e) {
      if (active[e] == 0) continue;
      energy[e] =
          brain_.apply(static_cast<std::int64_t>(e), actions.subspan(e * action_size, action_size));
    }
    brain_.advance([] {});
    for (std::size_t e = 0; e < n; ++e) {
      if (active[e] == 0) continue;
      const auto env = static_cast<std::int64_t>(e);
      out.rewards[e] = -distance(env) / 0.1 - brain_.options().energy_weight * energy[e];
      out.terminated[e] = 0;
      out.info.set("distance", env, distance(env));
      brain_.observe(env, out.observations.subspan(e * observation_size, observation_size));
    }
  }

  // The whole state, behind a name, so that foreign bytes are refused.
  void save(std::int64_t env, ByteWriter& out) const override {
    out.put(std::string_view("Hold"));
    brain_.save(env, out);
  }
  void load(std::int64_t env, ByteReader& in) override {
    in.expect("Hold");
    brain_.load(env, in);
  }

  std::vector<RenderRow> render_rows(std::int64_t env) const override {
    return brain_.render_rows(env);
  }
  RenderGraph render_graph(std::int64_t env) const override { return brain_.render_graph(env); }

 private:
  double distance(std::int64_t env) const {
    const std::int64_t n = brain_.subject().num_units;
    const ControlledBrain::Rates rates = brain_.rates(env);
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += rates[i];
    return std::abs(sum / static_cast<double>(n) - level_);
  }

  double level_;
  ControlledBrain brain_;
  Space observation_space_;
};

}  // namespace noesis

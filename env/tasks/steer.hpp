#pragma once
/// noesis/Steer-v0: drive the rates of a brain to a target pattern and hold it. Spaces, reward and
/// baselines: docs/environments/steer.md.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "env/task.hpp"
#include "env/tasks/controlled_brain.hpp"
#include "env/tasks/holding_current.hpp"

namespace noesis {

struct SteerOptions {
  std::string difficulty = "normal";
  BrainOptions brain;
  std::string model = "wilson_cowan";
  double target_low = 0.05;
  double target_high = 0.35;
  double tolerance = 0.05;

  /// What the other keys start from. @throws InternalError for an unknown name.
  static SteerOptions of(const std::string& difficulty);

  template <class V>
  void visit(V& v) {
    const std::string before = difficulty;
    v("difficulty", difficulty, "Preset that the other keys start from",
      one_of({"easy", "normal", "hard"}));
    if (v.reading() && difficulty != before) *this = of(difficulty);
    brain.visit(v);
    v("model", model, "Dynamics of the neurons", one_of({"wilson_cowan", "rate"}));
    v("target_low", target_low, "Lowest target rate", between(-1, 1));
    v("target_high", target_high, "Highest target rate, at least target_low", between(-1, 1));
    v("tolerance", tolerance, "Distance that counts as success", greater_than(0));
  }
  std::vector<std::string> files() const { return brain.files(); }
};

/// The brain that the options name.
Subject steered_subject(const SteerOptions& options);

/// Target patterns that currents within the limit can hold, if not by themselves: most are unstable
/// fixed points, so that an agent must watch what it does. Immutable; thread-safe.
class SteerTargets {
 public:
  /// Share of the amplitude that holding a target may take; the rest is for getting there.
  static constexpr double kHoldingShare = 0.6;
  /// Rate that neurons without a target are taken to have.
  static constexpr double kNominalRate = 0.2;

  SteerTargets(const Subject& subject, const SteerOptions& options);

  /// Neurons that have a target: the tips of the stimulated sites.
  const std::vector<std::int64_t>& neurons() const noexcept { return neurons_; }
  /// Rates of neurons(): uniform in [target_low, target_high], those of them drawn again whose
  /// holding current is too large. @throws ConfigError when none is found.
  std::vector<double> draw(std::uint64_t seed) const;
  /// The currents at the sites that hold a pattern.
  std::vector<double> holding_current(std::span<const double> target) const;

 private:
  std::vector<double> rates_of(std::span<const double> target) const;  ///< (num_neurons)

  HoldingCurrent holding_;
  std::vector<std::int64_t> neurons_;
  std::int64_t num_neurons_;
  double low_, high_, limit_;
};

class SteerTask final : public Task {
 public:
  /// @throws ConfigError for options that do not go together.
  SteerTask(const SteerOptions& options, std::int64_t num_envs, int num_threads);

  std::int64_t num_envs() const override { return brain_.num_envs(); }
  const Space& observation_space() const override { return observation_space_; }
  const Space& action_space() const override { return brain_.action_space(); }
  void reset(std::int64_t env, std::uint64_t seed, const Dict& options,
             std::span<float> observation, InfoTable& info) override;
  void step(std::span<const float> actions, std::span<const std::uint8_t> active,
            const TaskStep& out) override;
  void save(std::int64_t env, ByteWriter& out) const override;
  void load(std::int64_t env, ByteReader& in) override;
  std::vector<RenderRow> render_rows(std::int64_t env) const override;
  RenderGraph render_graph(std::int64_t env) const override { return brain_.render_graph(env); }

 private:
  void observe(std::int64_t env, std::span<float> observation) const;
  double squared_distance(std::int64_t env) const;
  std::span<const double> target_option(const Dict& options) const;

  double tolerance_;
  ControlledBrain brain_;
  SteerTargets targets_;
  Space observation_space_;
  std::vector<std::vector<double>> target_;  ///< of each environment (sites)
};

}  // namespace noesis

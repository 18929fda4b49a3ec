#pragma once
/// noesis/Steer-v0: drive the rates of a brain to a target pattern and hold it. Spaces, reward and
/// baselines: docs/environments/steer.md.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "env/sites.hpp"
#include "env/task.hpp"
#include "env/tasks/wilson_cowan_inverse.hpp"
#include "physics/simulation.hpp"
#include "physics/subject.hpp"

namespace noesis {

struct SteerOptions {
  std::string subject = "reference-10";
  std::int64_t brain_seed = 0;
  std::string recorded = "all";
  std::string stimulated = "all";
  std::string action_mode = "current";
  double control_interval = 0.2;
  double amplitude = 4;
  double energy_weight = 0.1;
  double target_low = 0.05;
  double target_high = 0.35;
  double tolerance = 0.05;
  double noise = 0;
  double observation_noise = 0;

  template <class V>
  void visit(V& v) {
    v("subject", subject, "Brain: reference-N, celegans, celegans-coupled");
    v("brain_seed", brain_seed, "Seed of the brain's wiring and drive", at_least(0));
    v("recorded", recorded, kSitesDoc);
    v("stimulated", stimulated, kSitesDoc);
    v("action_mode", action_mode, "What the agent may do", one_of({"current", "surgeon"}));
    v("control_interval", control_interval, "Time between actions [tau]", greater_than(0));
    v("amplitude", amplitude, "Largest current, in the unit of the drive", greater_than(0));
    v("energy_weight", energy_weight, "Reward lost at full current everywhere", at_least(0));
    v("target_low", target_low, "Lowest target rate", between(0, 1));
    v("target_high", target_high, "Highest target rate, at least target_low", between(0, 1));
    v("tolerance", tolerance, "Distance that counts as success", greater_than(0));
    v("noise", noise, "Dynamic noise sigma: sigma sqrt(dt / tau) N(0, 1) a step", at_least(0));
    v("observation_noise", observation_noise, "Standard deviation added to recorded rates",
      at_least(0));
  }
};

/// Target patterns that currents within the limit can hold, if not by themselves: most are unstable
/// fixed points, so that an agent must watch what it does.
class SteerTargets {
 public:
  /// Share of the amplitude that holding a target may take; the rest is for getting there.
  static constexpr double kHoldingShare = 0.6;
  /// Rate that neurons which are not stimulated are taken to have.
  static constexpr double kNominalRate = 0.2;

  SteerTargets(const Subject& subject, const SteerOptions& options);

  const std::vector<std::int64_t>& sites() const noexcept { return sites_; }
  /// Rates of the sites: uniform in [target_low, target_high], those of them drawn again whose
  /// holding current is too large. @throws ConfigError when none is found.
  std::vector<double> draw(std::uint64_t seed) const;
  /// The currents that hold a pattern (sites).
  std::vector<double> holding_current(std::span<const double> target) const;

 private:
  std::vector<double> rates_of(std::span<const double> target) const;  ///< (num_neurons)

  HoldingCurrent holding_;
  std::vector<std::int64_t> sites_;
  std::int64_t num_neurons_;
  double low_, high_, limit_;
};

class SteerTask final : public Task {
 public:
  /// @throws ConfigError for options that do not go together.
  SteerTask(const SteerOptions& options, std::int64_t num_envs, int num_threads);

  std::int64_t num_envs() const override { return num_envs_; }
  const Space& observation_space() const override { return observation_space_; }
  const Space& action_space() const override { return action_space_; }
  void reset(std::int64_t env, std::uint64_t seed, const Dict& options,
             std::span<float> observation, InfoTable& info) override;
  void step(std::span<const float> actions, std::span<const std::uint8_t> active,
            const TaskStep& out) override;
  void save(std::int64_t env, ByteWriter& out) const override;
  void load(std::int64_t env, ByteReader& in) override;
  std::vector<RenderRow> render_rows(std::int64_t env) const override;

 private:
  struct Episode {
    std::uint64_t seed = 0;
    std::int64_t step = 0;
    std::vector<double> target;  ///< (sites)
  };

  /// Puts an action in force. @returns its energy, in [0, 1].
  double apply(std::int64_t env, std::span<const float> action);
  double apply_currents(std::int64_t env, std::span<const float> action);
  double apply_surgery(std::int64_t env, std::span<const float> action);
  void observe(std::int64_t env, std::span<float> observation) const;
  double squared_distance(std::int64_t env) const;
  std::span<const double> target_option(const Dict& options) const;

  SteerOptions options_;
  Subject subject_;
  SteerTargets targets_;
  std::vector<std::int64_t> recorded_;
  std::int64_t num_envs_;
  Space observation_space_, action_space_;
  ThreadArena arena_;
  Simulation<double> brains_;
  std::int64_t steps_per_look_ = 1;  ///< steps of the integrator between looks at the distance
  std::int64_t looks_ = 1;           ///< looks in one control interval
  std::vector<Episode> episodes_;
  std::vector<double> currents_;  ///< of the action being applied
};

}  // namespace noesis

#pragma once
/// noesis/Quench-v0: end a seizure and keep the brain in its healthy range. noesis/Wake-v0: lift a
/// catatonic brain to the edge of chaos. Spaces, rewards and baselines: docs/environments/quench.md
/// and wake.md.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "env/task.hpp"
#include "env/tasks/chaos_meter.hpp"
#include "env/tasks/controlled_brain.hpp"
#include "env/tasks/health.hpp"

namespace noesis {

/// A preset of difficulty, and what the user says over it. `Preset::of(difficulty)` is what the
/// other keys start from.
template <class Preset>
struct HealOptions {
  std::string difficulty = "normal";
  BrainOptions brain = Preset::of("normal");

  template <class V>
  void visit(V& v) {
    const std::string before = difficulty;
    v("difficulty", difficulty, "Preset that the other keys start from",
      one_of({"easy", "normal", "hard"}));
    if (v.reading() && difficulty != before) brain = Preset::of(difficulty);
    brain.visit(v);
  }
  std::vector<std::string> files() const { return brain.files(); }
};

/// "easy", "normal" or "hard".
struct QuenchPreset {
  static BrainOptions of(const std::string& difficulty);
};
struct WakePreset {
  static BrainOptions of(const std::string& difficulty);
};
using QuenchOptions = HealOptions<QuenchPreset>;
using WakeOptions = HealOptions<WakePreset>;

/// The brains that the options name, as they are when an episode begins.
Subject seized_subject(const QuenchOptions& options);
Subject comatose_subject(const WakeOptions& options);

/// A brain that is ill in some way; the reward is its health less the energy.
class HealTask : public Task {
 public:
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

 protected:
  /// `healthy`: the brain whose variation is the measure. With `at_edge`, health has a fourth part:
  /// how near the largest Lyapunov exponent is to the edge of chaos.
  HealTask(std::string name, Subject ill, const Subject& healthy, bool at_edge,
           const BrainOptions& options, std::int64_t num_envs, int num_threads);

 private:
  void look();
  /// How healthy an environment is, in [0, 1], told to `info`.
  double judge(std::int64_t env, const Health& health, InfoTable& info) const;
  void observe(std::int64_t env, const Health& health, std::span<float> observation) const;

  std::string name_;
  ControlledBrain brain_;
  HealthWindows windows_;
  std::optional<ChaosMeter> chaos_;
  Space observation_space_;
  std::vector<double> rates_;  ///< scratch (num_neurons)
};

class QuenchTask final : public HealTask {
 public:
  /// @throws ConfigError for options that do not go together.
  QuenchTask(const QuenchOptions& options, std::int64_t num_envs, int num_threads);
};

class WakeTask final : public HealTask {
 public:
  /// Exponents [1 / tau] of which the edge of chaos is made: part 1 between the inner, 0 beyond the
  /// outer.
  static constexpr double kEdgeLow = -0.02, kEdgeHigh = 0.10, kEdgeMargin = 0.10;

  /// @throws ConfigError for options that do not go together.
  WakeTask(const WakeOptions& options, std::int64_t num_envs, int num_threads);
};

}  // namespace noesis

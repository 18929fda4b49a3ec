#pragma once
/// noesis/Emulate-v0: predict the next observation of a process that is touched now and then; when
/// the observations are cut, run free in its stead. Spaces, reward and baselines:
/// docs/environments/emulate.md.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/threads.hpp"
#include "env/task.hpp"
#include "physics/process.hpp"
#include "physics/subject.hpp"

namespace noesis {

struct EmulateOptions {
  std::string subject = "reference-10";
  std::int64_t brain_seed = 0;
  std::int64_t cut_step = 100;
  std::int64_t window = 50;
  double amplitude = 3;
  double touched_fraction = 0.3;
  double transient = 100;
  double noise = 0;
  /// What takes the brains' steps; null: the processor. No key: no result depends on it.
  BackendFactory<double> make_backend = {};

  template <class V>
  void visit(V& v) {
    v("subject", subject,
      "Process: lorenz63, reference-N, celegans, celegans-coupled, or a connectome file");
    v("brain_seed", brain_seed, "Seed of the subject's wiring and drive", at_least(0));
    v("cut_step", cut_step, "Predictions before the observations are cut", at_least(1));
    v("window", window, "Free predictions that are judged together", between(2, 100000));
    v("amplitude", amplitude, "Largest touch, in the unit of the drive (lorenz63: times 10)",
      greater_than(0));
    v("touched_fraction", touched_fraction, "Share of the samples under a touch, below 1",
      between(0, 0.95));
    v("transient", transient, "Time before an episode begins [tau]", at_least(0));
    v("noise", noise, "Dynamic noise sigma: sigma sqrt(dt / tau) N(0, 1) a step", at_least(0));
  }

  /// Options that name files to be read.
  std::vector<std::string> files() const {
    return names_file(subject) ? std::vector{subject} : std::vector<std::string>{};
  }
};

/// How a subject's values become observations, and how it behaves when nobody touches it.
class EmulateScale {
 public:
  /// Rates r in [0, 1] become 2 r - 1; Lorenz-63's x, y, z become x / 25, y / 30, (z - 25) / 25.
  /// Both are clipped to [-1, 1].
  EmulateScale(const Subject& subject, const EmulateOptions& options);

  float scaled(std::int64_t unit, double value) const;
  /// Value of a touch of size 1, in the unit of the subject's drive.
  double touch_unit() const noexcept { return touch_unit_; }

 private:
  std::vector<double> centre_, half_range_;
  double touch_unit_;
};

/// What the subject's untouched observations are distributed like: levels, and differences of
/// successive samples.
class Climate {
 public:
  /// From a run of the process. `window` is the number of free predictions that are compared.
  Climate(Process& process, const EmulateScale& scale, std::int64_t window);

  /// RMS difference of successive observations: the error of who predicts no change.
  double persistence_error() const noexcept { return persistence_error_; }
  /// Wasserstein-1 distances of `window` predictions that follow `before` to the subject's levels
  /// and differences, each over the subject's standard deviation (at least 0.01), averaged over
  /// levels, differences and units. `predictions` (window x units), `before` (units).
  double distance(std::span<const float> predictions, std::span<const float> before) const;

 private:
  struct Distribution {
    std::vector<double> quantiles;  ///< (window), ascending
    double sd = 1;
  };
  static Distribution distribution(std::vector<double> values, std::int64_t window);
  std::vector<Distribution> levels_, differences_;  ///< (units)
  std::int64_t window_;
  double persistence_error_ = 1;
};

class EmulateTask final : public Task {
 public:
  EmulateTask(const EmulateOptions& options, std::int64_t num_envs, int num_threads);

  std::int64_t num_envs() const override { return std::ssize(episodes_); }
  const Space& observation_space() const override { return observation_space_; }
  const Space& action_space() const override { return action_space_; }
  void reset(std::int64_t env, std::uint64_t seed, const Dict& options,
             std::span<float> observation, InfoTable& info) override;
  void step(std::span<const float> actions, std::span<const std::uint8_t> active,
            const TaskStep& out) override;
  void save(std::int64_t env, ByteWriter& out) const override;
  void load(std::int64_t env, ByteReader& in) override;
  std::vector<RenderRow> render_rows(std::int64_t env) const override;
  RenderGraph render_graph(std::int64_t env) const override;

 private:
  struct Episode {
    std::uint64_t seed = 0;
    std::int64_t step = 0;        ///< predictions made
    std::int64_t touch_left = 0;  ///< samples that the present touch still lasts
    std::int64_t site = 0;
    double level = 0;             ///< of the present touch, in [-1, 1]
    std::vector<float> units;     ///< present observation (units)
    std::vector<float> before;    ///< prediction before the window (units)
    std::vector<float> free_run;  ///< predictions of the window (0 .. window x units)
  };

  bool listening(const Episode& episode) const { return episode.step < options_.cut_step; }
  void choose_touch(Episode& episode) const;
  void observe(const Episode& episode, std::span<float> observation) const;
  void write_units(std::size_t env, std::span<const double> values);
  double error(const Episode& episode, std::span<const float> prediction) const;
  void judge(std::int64_t env, std::span<const float> prediction, const TaskStep& out);

  EmulateOptions options_;
  Subject subject_;
  ThreadArena arena_;
  std::unique_ptr<Process> process_;
  EmulateScale scale_;
  Climate climate_;
  Space observation_space_, action_space_;
  std::vector<Episode> episodes_;
  std::vector<Process::State> states_;
};

}  // namespace noesis

#pragma once
/// noesis/Tape-v0: predict a complex sine tape, the test signal of seed-and-tape experiments.
/// Spaces, reward and baselines: docs/environments/tape.md.

#include <cstdint>
#include <vector>

#include "core/config.hpp"
#include "env/task.hpp"

namespace noesis {

struct TapeOptions {
  std::int64_t num_sines = 5;
  double shortest_period = 8;
  double longest_period = 80;
  std::int64_t regime_steps = 0;
  std::int64_t window = 16;
  double observation_noise = 0;

  template <class V>
  void visit(V& v) {
    v("num_sines", num_sines, "Sines that make the tape", between(1, 1000));
    v("shortest_period", shortest_period, "Shortest period of a sine [steps]", at_least(2));
    v("longest_period", longest_period, "Longest period of a sine [steps]", at_least(2));
    v("regime_steps", regime_steps, "Steps after which other sines play; 0: never", at_least(0));
    v("window", window, "Past values that are observed", between(1, 10000));
    v("observation_noise", observation_noise, "Standard deviation added to observed values",
      at_least(0));
  }
};

/// sum_k a_k sin(2 pi (f_k t + p_k)), periods 1 / f_k log-uniform, phases p_k uniform, amplitudes
/// a_k uniform in [1/2, 1] over their sum: values in [-1, 1]. A pure function of a seed.
class SineTape {
 public:
  /// @throws ConfigError when shortest_period exceeds longest_period.
  SineTape(const TapeOptions& options, std::uint64_t seed);

  double value(std::int64_t step) const;
  /// RMS of value(t + 1) - value(t) over all t, within a regime.
  double persistence_error() const;

 private:
  struct Sine {
    double amplitude, frequency, phase;
  };
  std::vector<Sine> sines_;
};

class TapeTask final : public Task {
 public:
  /// @throws ConfigError for options that do not go together.
  TapeTask(const TapeOptions& options, std::int64_t num_envs, int num_threads);

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

 private:
  struct Episode {
    std::uint64_t seed = 0;
    std::int64_t step = 0;    ///< predictions made
    double predicted = 0;     ///< the last one
    std::int64_t regime = 0;  ///< of `tape`
    SineTape tape;
  };

  SineTape tape_of(std::uint64_t seed, std::int64_t regime) const;
  /// The tape's value at a step, in the regime of that step.
  double value(const Episode& episode, std::int64_t step) const;
  void observe(const Episode& episode, std::span<float> observation) const;

  TapeOptions options_;
  Space observation_space_, action_space_;
  std::vector<Episode> episodes_;
};

}  // namespace noesis

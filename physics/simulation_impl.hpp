#pragma once
// Private to simulation*.cpp.

#include "physics/simulation.hpp"

namespace noesis {

template <Real T>
class Simulation<T>::Impl {
 public:
  Impl(std::vector<ConnectomePtr> brains, const BrainSpec& brain,
       std::vector<std::uint64_t> env_seeds, const ThreadArena& threads);

  double time_ms() const noexcept {
    return adaptive ? now : static_cast<double>(num_steps) * spec.integrator.dt_ms;
  }
  /// Of neurons [first, last).
  void draw_initial_state(std::int64_t env, std::int64_t first, std::int64_t last);
  void advance_to(double t, double limit);
  /// Ends an adaptive step at the present time, so that state or inputs may be edited.
  void before_inputs_change();
  void check_finite() const;
  void require_fixed_steps(const char* where) const;

  /// An environment's connectome before any rule.
  const ConnectomePtr& original(std::int64_t env) const {
    return originals[originals.size() == 1 ? 0 : static_cast<std::size_t>(env)];
  }
  /// Makes the present state of an environment its past.
  void fill_past(std::int64_t env);
  /// Rules as at the beginning of an episode.
  void start_plasticity(std::int64_t env);
  /// Lets the kernels read an environment's plastic connectome.
  void use_plastic_synapses(std::int64_t env);

  BrainSpec spec;
  std::vector<ConnectomePtr> originals;    // as they were given
  std::vector<ConnectomePtr> connectomes;  // with places for neurons to be born
  std::vector<std::uint64_t> seeds;
  const ThreadArena& arena;
  BatchShape shape;
  Surgeon<T> surgeon;
  CpuBackend<T> backend;
  State<T> state;                     // at time_ms()
  std::vector<PlasticBrain> plastic;  // (num_envs), or empty without rules
  std::unique_ptr<FixedStepper<T>> fixed;
  std::unique_ptr<Dopri5<T>> adaptive;
  std::int64_t num_steps = 0;
  std::vector<std::int64_t>
      episode_start;            // num_steps at each environment's reset (negative after restore)
  double now = 0;               // adaptive only
  double segment_start = 0;     // adaptive only: since when inputs are constant
  bool inputs_changed = false;  // adaptive only: `state` is to be taken as a new start

 private:
  /// Tiles of a small brain whose steps one thread takes all by itself.
  struct Group {
    std::int64_t first_tile;
    CpuBackend<T> backend;
    std::unique_ptr<FixedStepper<T>> stepper;
    State<T> state, noise;
  };

  void advance_fixed(double t);
  /// Splits the batch into groups, one a thread, where that is faster than sharing each step.
  void split_into_groups();
  void advance_group(Group& group, std::int64_t last_step);
  void advance_adaptive(double t, double limit);
  /// The noise of a step of the environments from `first_env` on, 0 where it may move nothing.
  void draw_noise(std::int64_t step, std::int64_t first_env, State<T>& increment,
                  const ThreadArena& threads) const;
  void run_rules(std::int64_t env);

  const ThreadArena one_thread{1};
  std::vector<std::unique_ptr<Group>> groups;
  State<T> noise;                   // empty without noise
  std::int64_t steps_per_rule = 0;  // 0 without rules
};

}  // namespace noesis

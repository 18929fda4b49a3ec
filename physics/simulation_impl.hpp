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
  void draw_initial_state(std::int64_t env);
  void advance_to(double t, double limit);
  /// Ends an adaptive step at the present time, so that state or inputs may be edited.
  void before_inputs_change();
  void check_finite() const;
  void require_fixed_steps(const char* where) const;

  BrainSpec spec;
  std::vector<ConnectomePtr> connectomes;
  std::vector<std::uint64_t> seeds;
  const ThreadArena& arena;
  BatchShape shape;
  Surgeon<T> surgeon;
  CpuBackend<T> backend;
  State<T> state;  // at time_ms()
  std::unique_ptr<FixedStepper<T>> fixed;
  std::unique_ptr<Dopri5<T>> adaptive;
  std::int64_t num_steps = 0;
  std::vector<std::int64_t>
      episode_start;            // num_steps at each environment's reset (negative after restore)
  double now = 0;               // adaptive only
  double segment_start = 0;     // adaptive only: since when inputs are constant
  bool inputs_changed = false;  // adaptive only: `state` is to be taken as a new start

 private:
  void advance_fixed(double t);
  void advance_adaptive(double t, double limit);
  void add_noise();
};

}  // namespace noesis

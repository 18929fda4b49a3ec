#pragma once
// Private to simulation*.cpp.

#include "physics/backend.hpp"
#include "physics/simulation.hpp"

namespace noesis {

template <Real T>
class Simulation<T>::Impl {
 public:
  Impl(std::vector<ConnectomePtr> brains, const BrainSpec& brain,
       std::vector<std::uint64_t> env_seeds, const ThreadArena& threads,
       const BackendFactory<T>& make_backend);

  double time_ms() const noexcept {
    return adaptive ? now : static_cast<double>(num_steps) * spec.integrator.dt_ms;
  }
  /// Of neurons [first, last).
  void draw_initial_state(std::int64_t env, std::int64_t first, std::int64_t last);
  void advance_to(double t, double limit);
  /// The host's copy of the state, up to date.
  const State<T>& present_state() {
    if (is_behind) stepping->fetch(state);
    is_behind = false;
    return state;
  }
  /// The host's copy of the state, up to date as to what is watched.
  const State<T>& watched_state() {
    if (!is_watching) return present_state();
    if (is_behind && is_watched_behind) stepping->fetch_watched(state);
    is_watched_behind = false;
    return state;
  }
  /// The same as present_state(), to be written to.
  State<T>& edit_state() {
    present_state();
    if (stepping) stepping->state_changed();
    return state;
  }
  /// The past of the batch, up to date, or null without delays.
  DelayLine<T>* present_history() {
    DelayLine<T>* const delays = backend.delays();
    if (delays != nullptr && is_history_behind) stepping->fetch_history(num_steps, *delays);
    is_history_behind = false;
    return delays;
  }
  void history_changed() {
    if (backend.delays() != nullptr) stepping->history_changed(num_steps, *backend.delays());
  }
  /// Ends an adaptive step at the present time, so that state or inputs may be edited.
  void before_inputs_change();
  void check_finite();
  void require_fixed_steps(const char* where) const;

  /// Changes an environment's structure between steps.
  template <class Edit>
  PlasticBrain::Change restructure(std::int64_t env, const char* where, const Edit& edit) {
    if (plastic.empty()) {
      throw ConfigError({.what = "the connectome does not change",
                         .where = where,
                         .got = "no rules of plasticity",
                         .allowed = "plasticity.rules with \"neurogenesis\" and \"pruning\"",
                         .next = {}});
    }
    settle_rules(env);
    const PlasticBrain::Change change = edit(plastic.at(static_cast<std::size_t>(env)));
    use_plastic_synapses(env, false);
    take_change(env, change);
    return change;
  }

  /// An environment's connectome before any rule.
  const ConnectomePtr& original(std::int64_t env) const {
    return originals[originals.size() == 1 ? 0 : static_cast<std::size_t>(env)];
  }
  /// Makes the present state of an environment its past.
  void fill_past(std::int64_t env);
  /// Rules as at the beginning of an episode.
  void start_plasticity(std::int64_t env);
  /// Lets the kernels read an environment's plastic connectome.
  void use_plastic_synapses(std::int64_t env, bool same_structure);
  /// What the rules' changes of structure and gain mean for the surgeon.
  void take_change(std::int64_t env, const PlasticBrain::Change& change);
  /// Brings everything back that the backend's rules have changed, of one environment or all:
  /// before anybody here reads or writes it.
  void settle_rules(std::int64_t env);
  void settle_rules();
  /// The same for biases and gains alone.
  void settle_inputs(std::int64_t env);
  void settle_inputs();

  BrainSpec spec;
  std::vector<ConnectomePtr> originals;    // as they were given
  std::vector<ConnectomePtr> connectomes;  // with places for neurons to be born
  std::vector<std::uint64_t> seeds;
  const ThreadArena& arena;
  BatchShape shape;
  Surgeon<T> surgeon;
  CpuBackend<T> backend;
  State<T> state;          // the host's copy; go through present_state(), edit_state()
  bool is_behind = false;  // the host's copy
  bool is_watching = false;
  bool is_watched_behind = false;        // of the host's copy, what is watched
  bool is_history_behind = false;        // the host's line of delays
  std::vector<PlasticBrain> plastic;     // (num_envs), or empty without rules
  std::unique_ptr<Backend<T>> stepping;  // of fixed steps; of adaptive ones elsewhere only
  std::unique_ptr<AdaptiveStepper<T>> adaptive;
  std::int64_t num_steps = 0;
  std::vector<std::int64_t>
      episode_start;            // num_steps at each environment's reset (negative after restore)
  double now = 0;               // adaptive only
  double segment_start = 0;     // adaptive only: since when inputs are constant
  bool inputs_changed = false;  // adaptive only: `state` is to be taken as a new start
  std::vector<std::uint8_t> teaching_behind;  // (num_envs) what is taught here is newer

 private:
  void advance_fixed(double t);
  void advance_adaptive(double t, double limit);
  /// The rules of an environment where the backend runs them.
  void run_rules_there(std::int64_t env);
  /// Births where the backend runs them.
  void grow_there(std::int64_t env, PlasticBrain::Change& change);
  /// Brings rows back that the backend has changed.
  void settle_rows(std::int64_t env);
  /// Biases and gains are brought back before changed inputs go there, which are all or nothing;
  /// they may have been changed through a reference that was given out long ago.
  void settle_changed_inputs();
  /// Steps until the rules of some environment are due, at most `most`.
  std::int64_t steps_to_rules(std::int64_t most) const;
  void run_rules(std::int64_t env);

  std::int64_t steps_per_rule = 0;         // 0 without rules
  bool rules_run_there = false;            // where the backend does
  std::vector<std::uint8_t> rules_ahead;   // (num_envs) weights and memory there are newer
  std::vector<std::uint8_t> inputs_ahead;  // (num_envs) biases and gains there are newer
  std::vector<std::uint8_t> rows_ahead;    // (num_envs) rows there are others than here
  std::vector<std::uint8_t> rules_behind;  // (num_envs) what is here is newer
  std::uint64_t settled_version = 0;       // of the surgeon, when it was last up to date
};

}  // namespace noesis

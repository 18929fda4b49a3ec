// What rules of plasticity do to a simulation: on the host, or where a backend runs them.

#include <algorithm>
#include <cmath>

#include "physics/simulation_impl.hpp"

namespace noesis {

template <Real T>
void Simulation<T>::Impl::start_plasticity(std::int64_t env) {
  if (steps_per_rule == 0) return;
  const auto e = static_cast<std::size_t>(env);
  const bool is_shared = originals.size() == 1 && shape.num_envs > 1;
  PlasticBrain fresh(spec.plasticity, original(env), is_shared, shape.num_neurons, seeds[e]);
  if (e < plastic.size()) {
    plastic[e] = std::move(fresh);
  } else {
    plastic.push_back(std::move(fresh));
  }
  use_plastic_synapses(env, false);
  for (std::int64_t i = 0; i < shape.num_neurons; ++i) {
    if (!plastic[e].is_alive(i)) surgeon.lesion(env, i);
  }
}

template <Real T>
void Simulation<T>::Impl::use_plastic_synapses(std::int64_t env, bool same_structure) {
  const auto e = static_cast<std::size_t>(env);
  rules_behind[e] = 1;
  rules_ahead[e] = 0;
  rows_ahead[e] = 0;
  if (!plastic[e].has_connectome()) return;
  stepping->synapses_changed(e, plastic[e].synapses(), same_structure);
}

template <Real T>
void Simulation<T>::Impl::run_rules(std::int64_t env) {
  const auto e = static_cast<std::size_t>(env);
  std::vector<T> outputs, bias(static_cast<std::size_t>(shape.num_neurons));
  backend.output(present_state(), env, outputs);
  double stimulus = 0;
  for (std::size_t i = 0; i < bias.size(); ++i) {
    const auto neuron = static_cast<std::int64_t>(i);
    bias[i] = static_cast<T>(surgeon.bias(env, neuron));
    stimulus += std::abs(surgeon.current(env, neuron));
  }
  const PlasticBrain::Change change =
      plastic[e].advance(std::span<const T>(outputs), stimulus / static_cast<double>(bias.size()),
                         std::span<T>(bias), arena);
  use_plastic_synapses(env, !spec.plasticity.changes_structure());
  for (std::size_t i = 0; i < bias.size(); ++i) {
    surgeon.set_bias(env, static_cast<std::int64_t>(i), bias[i]);
  }
  take_change(env, change);
}

template <Real T>
void Simulation<T>::Impl::take_change(std::int64_t env, const PlasticBrain::Change& change) {
  const PlasticBrain& brain = plastic[static_cast<std::size_t>(env)];
  for (std::int64_t i = 0; brain.has_gain() && i < shape.num_neurons; ++i) {
    surgeon.set_gain(env, i, brain.gain(i));
  }
  for (const std::int32_t id : change.died) surgeon.lesion(env, id);
  if (!change.died.empty()) surgeon.pin(edit_state());
  for (const std::int32_t id : change.born) {
    surgeon.revive(env, id);
    draw_initial_state(env, id, id + 1);
  }
}

template <Real T>
void Simulation<T>::Impl::run_rules_there(std::int64_t env) {
  const auto e = static_cast<std::size_t>(env);
  PlasticBrain& brain = plastic[e];
  if (rules_behind[e] != 0) {
    stepping->put_memory(env, brain.memory());
    teaching_behind[e] = 1;
    rules_behind[e] = 0;
  }
  if (spec.plasticity.has("hebbian") && teaching_behind[e] != 0) {
    stepping->put_teaching(env, brain.teaching());
    teaching_behind[e] = 0;
  }
  double activity = 0, stimulus = 0;
  if (brain.needs_activity()) {
    const std::int64_t living = brain.num_neurons();
    if (const auto levels = stepping->levels(state, env, living, {})) {
      activity = PlasticBrain::activity_of(*levels, living);
    } else {
      std::vector<T> outputs(static_cast<std::size_t>(shape.num_neurons));
      stepping->fetch_outputs(env, outputs);
      outputs.resize(static_cast<std::size_t>(living));
      activity = PlasticBrain::activity_of(levels_of(std::span<const T>(outputs)), living);
    }
  }
  for (std::int64_t i = 0; spec.plasticity.has("arousal") && i < shape.num_neurons; ++i) {
    stimulus += std::abs(surgeon.current(env, i));
  }
  const double gain = brain.arousal_gain();
  const WeightRules rules =
      brain.begin_run(activity, stimulus / static_cast<double>(shape.num_neurons));
  stepping->run_rules(env, rules, brain.decay());
  rules_ahead[e] = 1;
  inputs_ahead[e] = brain.moves_inputs() ? 1 : 0;
  // Gains that are learnt are there already, with arousal's.
  const auto gain_is_other = [&] { return !brain.learns_gains() && brain.arousal_gain() != gain; };
  if (stepping->changes_structure()) {
    PlasticBrain::Change change;
    if (brain.prunes_now()) {
      const Pruned pruned = stepping->prune(env, brain.pruning_threshold(), brain.connectome());
      change = brain.take_pruned(pruned);
      if (pruned.num_synapses > 0) rows_ahead[e] = 1;
    }
    if (brain.rewires_now()) {
      settle_rules(env);
      brain.rewire_now();
      use_plastic_synapses(env, false);
    }
    if (brain.grows()) grow_there(env, change);
    if (!change.born.empty() || !change.died.empty() || gain_is_other()) take_change(env, change);
    return;
  }
  if (brain.restructures_now()) {
    settle_rules(env);
    const PlasticBrain::Change change = brain.restructure_now(arena);
    use_plastic_synapses(env, false);
    take_change(env, change);
    return;
  }
  brain.pass_by();
  if (gain_is_other()) take_change(env, {});
}

template <Real T>
void Simulation<T>::Impl::grow_there(std::int64_t env, PlasticBrain::Change& change) {
  PlasticBrain& brain = plastic[static_cast<std::size_t>(env)];
  settle_rows(env);
  const auto before = static_cast<std::size_t>(brain.num_neurons());
  std::vector<Synapse> added;
  change.born = brain.grow_now(added).born;
  if (change.born.empty()) return;
  stepping->add_synapses(env, added);
  stepping->table_moved(static_cast<std::size_t>(env), brain.synapses());
  // What those remember that were there before is there; with what newborns do it goes back.
  stepping->fetch_rules(env, nullptr, brain.memory().first(before));
  stepping->put_memory(env, brain.memory());
}

template <Real T>
void Simulation<T>::Impl::settle_rows(std::int64_t env) {
  const auto e = static_cast<std::size_t>(env);
  if (rows_ahead[e] == 0) return;
  rows_ahead[e] = 0;
  typename Backend<T>::Rows rows = stepping->fetch_rows(env);
  plastic[e].take_rows(rows.count, std::move(rows.sources), std::move(rows.weights));
  stepping->table_moved(e, plastic[e].synapses());
}

template <Real T>
void Simulation<T>::Impl::settle_rules(std::int64_t env) {
  const auto e = static_cast<std::size_t>(env);
  settle_inputs(env);
  if (rules_ahead[e] == 0) return;
  rules_ahead[e] = 0;
  const bool has_rows = plastic[e].has_connectome() && rows_ahead[e] == 0;
  settle_rows(env);
  stepping->fetch_rules(env, has_rows ? plastic[e].weights() : nullptr, plastic[e].memory());
}

template <Real T>
void Simulation<T>::Impl::settle_inputs(std::int64_t env) {
  const auto e = static_cast<std::size_t>(env);
  if (inputs_ahead[e] == 0) return;
  inputs_ahead[e] = 0;
  std::vector<T> bias(static_cast<std::size_t>(shape.num_neurons));
  stepping->fetch_biases(env, bias);
  for (std::size_t i = 0; i < bias.size(); ++i) {
    surgeon.set_bias(env, static_cast<std::int64_t>(i), bias[i]);
  }
  PlasticBrain& brain = plastic[e];
  if (!brain.learns_gains()) return;
  PlasticBrain::Memory gains;
  gains.intrinsic = brain.memory().intrinsic;
  stepping->fetch_rules(env, nullptr, gains);
  for (std::int64_t i = 0; i < shape.num_neurons; ++i) surgeon.set_gain(env, i, brain.gain(i));
}

template <Real T>
void Simulation<T>::Impl::settle_inputs() {
  if (!rules_run_there) return;
  for (std::int64_t env = 0; env < shape.num_envs; ++env) settle_inputs(env);
  settled_version = surgeon.version();
}

template <Real T>
void Simulation<T>::Impl::settle_changed_inputs() {
  if (rules_run_there && surgeon.version() != settled_version) settle_inputs();
}

template <Real T>
void Simulation<T>::Impl::settle_rules() {
  if (!rules_run_there) return;
  for (std::int64_t env = 0; env < shape.num_envs; ++env) settle_rules(env);
  settled_version = surgeon.version();
}

template <Real T>
std::int64_t Simulation<T>::Impl::steps_to_rules(std::int64_t most) const {
  if (steps_per_rule == 0) return most;
  std::int64_t steps = most;
  for (const std::int64_t start : episode_start) {
    const std::int64_t taken = (num_steps - start) % steps_per_rule;
    steps = std::min(steps, steps_per_rule - taken);
  }
  return steps;
}

template void Simulation<float>::Impl::start_plasticity(std::int64_t);
template void Simulation<float>::Impl::use_plastic_synapses(std::int64_t, bool);
template void Simulation<float>::Impl::run_rules(std::int64_t);
template void Simulation<float>::Impl::take_change(std::int64_t, const PlasticBrain::Change&);
template void Simulation<float>::Impl::run_rules_there(std::int64_t);
template void Simulation<float>::Impl::grow_there(std::int64_t, PlasticBrain::Change&);
template void Simulation<float>::Impl::settle_rows(std::int64_t);
template void Simulation<float>::Impl::settle_rules(std::int64_t);
template void Simulation<float>::Impl::settle_rules();
template void Simulation<float>::Impl::settle_inputs();
template void Simulation<float>::Impl::settle_changed_inputs();
template std::int64_t Simulation<float>::Impl::steps_to_rules(std::int64_t) const;
template void Simulation<double>::Impl::start_plasticity(std::int64_t);
template void Simulation<double>::Impl::use_plastic_synapses(std::int64_t, bool);
template void Simulation<double>::Impl::run_rules(std::int64_t);
template void Simulation<double>::Impl::take_change(std::int64_t, const PlasticBrain::Change&);
template void Simulation<double>::Impl::run_rules_there(std::int64_t);
template void Simulation<double>::Impl::grow_there(std::int64_t, PlasticBrain::Change&);
template void Simulation<double>::Impl::settle_rows(std::int64_t);
template void Simulation<double>::Impl::settle_rules(std::int64_t);
template void Simulation<double>::Impl::settle_rules();
template void Simulation<double>::Impl::settle_inputs();
template void Simulation<double>::Impl::settle_changed_inputs();
template std::int64_t Simulation<double>::Impl::steps_to_rules(std::int64_t) const;

}  // namespace noesis

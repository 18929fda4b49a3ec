#include "physics/simulation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "physics/simulation_impl.hpp"

namespace noesis {

std::vector<double> DriveSpec::values(std::int64_t num_neurons) const {
  std::vector<double> drive = per_neuron;
  drive.resize(static_cast<std::size_t>(num_neurons), mean);
  if (!per_neuron.empty()) return drive;
  if (sd > 0) {
    for (std::size_t i = 0; i < drive.size(); ++i) {
      drive[i] += sd * normal_pair(static_cast<std::uint64_t>(seed), Stream::kBias, 0,
                                   static_cast<std::uint32_t>(i))
                           .first;
    }
  }
  return drive;
}

namespace {

/// Rules that backends can run where they compute. With any other, weights cross to PlasticBrain,
/// so that a new rule is never left out.
bool backends_know(const std::vector<std::string>& rules) {
  constexpr std::array<std::string_view, 10> kKnown = {
      "homeostasis", "intrinsic",  "oja",          "hebbian", "decay",
      "pruning",     "structural", "neurogenesis", "sleep",   "arousal"};
  return std::ranges::all_of(rules, [&](const std::string& rule) {
    return std::ranges::find(kKnown, rule) != kKnown.end();
  });
}

void check_rules(const BrainSpec& spec) {
  if (spec.plasticity.rules.empty()) return;
  const double steps = spec.plasticity.interval_ms / spec.integrator.dt_ms;
  if (spec.integrator.adaptive()) {
    throw ConfigError({.what = "plasticity needs fixed steps",
                       .where = "plasticity.rules",
                       .got = "integrator.name = \"" + spec.integrator.name + "\"",
                       .allowed = "\"euler\", \"heun\", \"rk4\" or \"ros2\"",
                       .next = {}});
  }
  if (std::round(steps) < 1 || std::abs(steps - std::round(steps)) > 1e-6 * steps) {
    throw ConfigError(
        {.what = "rules run every whole number of steps",
         .where = "plasticity.interval_ms",
         .got = std::to_string(spec.plasticity.interval_ms),
         .allowed = "a multiple of integrator.dt_ms = " + std::to_string(spec.integrator.dt_ms),
         .next = {}});
  }
}

/// With places for all neurons that may be born, which have no synapses yet.
std::vector<ConnectomePtr> with_places(const std::vector<ConnectomePtr>& connectomes,
                                       const PlasticitySpec& plasticity) {
  if (!plasticity.has("neurogenesis")) return connectomes;
  std::vector<ConnectomePtr> extended;
  for (const ConnectomePtr& connectome : connectomes) {
    PlasticConnectome plastic(*connectome);
    plastic.add_neurons(
        std::max<std::int64_t>(plasticity.neurogenesis.max_neurons - connectome->num_neurons(), 0));
    extended.push_back(plastic.freeze());
  }
  return extended;
}

void check(const std::vector<ConnectomePtr>& connectomes, const BrainSpec& spec,
           std::size_t num_envs) {
  const auto fail = [](std::string what, std::string where, std::string got, std::string allowed) {
    throw ConfigError({std::move(what), std::move(where), std::move(got), std::move(allowed), {}});
  };
  if (num_envs == 0) fail("no environments", "num_envs", "0", "at least 1");
  if (connectomes.size() != 1 && connectomes.size() != num_envs) {
    fail("one connectome is shared, or there is one an environment", "connectomes",
         std::to_string(connectomes.size()), "1 or " + std::to_string(num_envs));
  }
  const bool has_delays = std::any_of(connectomes.begin(), connectomes.end(),
                                      [](const auto& one) { return one->has_delays(); });
  for (const ConnectomePtr& connectome : connectomes) {
    if (has_delays && connectome->num_synapses() > 0 && !connectome->has_delays()) {
      fail("connectomes of one batch all have delays, or none", "connectomes", "both", "one kind");
    }
    if (connectome->num_neurons() != connectomes.front()->num_neurons()) {
      fail("connectomes of one batch have the same number of neurons", "connectomes",
           std::to_string(connectome->num_neurons()),
           std::to_string(connectomes.front()->num_neurons()));
    }
  }
  if (spec.noise.sigma > 0 && spec.integrator.adaptive()) {
    fail("noise needs fixed steps", "noise.sigma", std::to_string(spec.noise.sigma),
         "0 with dopri5; or integrator.name = \"euler\", \"heun\", \"rk4\" or \"ros2\"");
  }
  if (has_delays && spec.integrator.adaptive()) {
    fail("conduction delays need fixed steps", "integrator.name", spec.integrator.name,
         "\"euler\", \"heun\", \"rk4\" or \"ros2\"");
  }
  check_rules(spec);
  const std::size_t drives = spec.drive.per_neuron.size();
  if (drives != 0 && static_cast<std::int64_t>(drives) != connectomes.front()->num_neurons()) {
    fail("one drive a neuron, or none", "drive.per_neuron", std::to_string(drives) + " values",
         std::to_string(connectomes.front()->num_neurons()));
  }
  if (!(spec.initial.low <= spec.initial.high)) {
    fail("initial.low is above initial.high", "initial.low", std::to_string(spec.initial.low),
         "at most " + std::to_string(spec.initial.high));
  }
}

BatchShape shape_of(const std::vector<ConnectomePtr>& originals,
                    const std::vector<ConnectomePtr>& connectomes, const BrainSpec& spec,
                    std::size_t num_envs, int tile_width) {
  check(originals, spec, num_envs);
  return batch_shape(spec.model, connectomes.front()->num_neurons(),
                     static_cast<std::int64_t>(num_envs), connectomes.size() > 1, tile_width);
}

}  // namespace

template <Real T>
Simulation<T>::Impl::Impl(std::vector<ConnectomePtr> brains, const BrainSpec& brain,
                          std::vector<std::uint64_t> env_seeds, const ThreadArena& threads,
                          const BackendFactory<T>& make_backend)
    : spec(brain),
      originals(std::move(brains)),
      connectomes(with_places(originals, spec.plasticity)),
      seeds(std::move(env_seeds)),
      arena(threads),
      shape(shape_of(originals, connectomes, spec, seeds.size(), kTileWidth<T>)),
      surgeon(shape, spec.drive.values(shape.num_neurons)),
      backend(connectomes, spec.model, shape, surgeon, arena, spec.integrator.dt_ms),
      state(shape),
      episode_start(seeds.size(), 0) {
  const BackendRequest<T> request = {connectomes, spec.model, spec.integrator, spec.noise.sigma,
                                     shape,       surgeon,    backend.delays()};
  if (make_backend) stepping = make_backend(request);
  if (spec.integrator.adaptive()) {
    if (stepping) adaptive = stepping->make_adaptive();
    ensure(!stepping || adaptive, "a backend that takes adaptive steps");
    if (!adaptive) adaptive = std::make_unique<Dopri5<T>>(shape, spec.integrator, arena);
  } else if (!stepping) {
    stepping = make_cpu_stepping(backend, request, arena);
  }
  if (!spec.plasticity.rules.empty()) {
    steps_per_rule = std::llround(spec.plasticity.interval_ms / spec.integrator.dt_ms);
    rules_run_there = stepping->runs_rules() && backends_know(spec.plasticity.rules) &&
                      (stepping->runs_every_rule() || spec.plasticity.changes_in_place() ||
                       (spec.plasticity.changes_in_place_between_births() &&
                        stepping->runs_rules_between_births()));
  }
  rules_ahead.assign(seeds.size(), 0);
  inputs_ahead.assign(seeds.size(), 0);
  teaching_behind.assign(seeds.size(), 1);
  rows_ahead.assign(seeds.size(), 0);
  rules_behind.assign(seeds.size(), 1);
  for (std::int64_t env = 0; env < shape.num_envs; ++env) {
    draw_initial_state(env, 0, shape.num_neurons);
    start_plasticity(env);
    fill_past(env);
  }
  if (adaptive) adaptive->start(state, 0);
}

template <Real T>
void Simulation<T>::Impl::draw_initial_state(std::int64_t env, std::int64_t first,
                                             std::int64_t last) {
  const std::uint64_t seed = seeds[static_cast<std::size_t>(env)];
  const double span = spec.initial.high - spec.initial.low;
  State<T>& x = edit_state();
  for (std::int64_t i = first; i < last; ++i) {
    for (int c = 0; c < shape.num_components; c += 2) {
      const RandomPair u =
          uniform_pair(seed, Stream::kInitialState, 0, static_cast<std::uint32_t>(i),
                       static_cast<std::uint32_t>(c / 2));
      x.at(env, c, i) = static_cast<T>(spec.initial.low + span * u.first);
      if (c + 1 < shape.num_components) {
        x.at(env, c + 1, i) = static_cast<T>(spec.initial.low + span * u.second);
      }
    }
  }
}

template <Real T>
void Simulation<T>::Impl::fill_past(std::int64_t env) {
  DelayLine<T>* const delays = present_history();
  if (delays == nullptr) return;
  std::vector<T> outputs;
  backend.output(present_state(), env, outputs);
  delays->fill(env, num_steps, outputs);
  history_changed();
}

template <Real T>
void Simulation<T>::Impl::advance_to(double t, double limit) {
  if (adaptive) {
    advance_adaptive(t, limit);
  } else {
    advance_fixed(t);
  }
  check_finite();
}

template <Real T>
void Simulation<T>::Impl::advance_fixed(double t) {
  const double dt = spec.integrator.dt_ms;
  const double steps = t / dt;
  const double target = std::round(steps);
  if (std::abs(steps - target) > 1e-6 * std::max(1.0, std::abs(steps) * 1e-3) ||
      target < static_cast<double>(num_steps)) {
    throw ConfigError({.what = "time is not on the grid of steps, or is past",
                       .where = "advance_to",
                       .got = std::to_string(t) + " ms",
                       .allowed = "a multiple of dt_ms = " + std::to_string(dt) + " from " +
                                  std::to_string(time_ms()) + " ms on",
                       .next = {}});
  }
  const auto last = static_cast<std::int64_t>(target);
  if (num_steps == last && surgeon.holds_any()) surgeon.pin(edit_state());
  while (num_steps < last) {
    const std::int64_t count = steps_to_rules(last - num_steps);
    settle_changed_inputs();
    stepping->advance(state, {num_steps, count, seeds, episode_start});
    is_behind = is_watched_behind = true;
    is_history_behind = true;
    num_steps += count;
    if (steps_per_rule == 0) continue;
    for (std::int64_t env = 0; env < shape.num_envs; ++env) {
      const std::int64_t step = num_steps - episode_start[static_cast<std::size_t>(env)];
      if (step % steps_per_rule != 0) continue;
      if (rules_run_there) {
        run_rules_there(env);
      } else {
        run_rules(env);
      }
    }
  }
}

template <Real T>
void Simulation<T>::Impl::advance_adaptive(double t, double limit) {
  if (inputs_changed) {
    surgeon.pin(state);
    adaptive->resume(state);
    inputs_changed = false;
    segment_start = now;
  }
  if (t <= segment_start) {
    now = t;
    return;
  }
  adaptive->advance(backend, t, std::max(t, limit));
  now = t;
  adaptive->interpolate(t, state);
}

template <Real T>
void Simulation<T>::Impl::before_inputs_change() {
  if (!adaptive || inputs_changed) return;
  if (now > segment_start) adaptive->stop(state);
  inputs_changed = true;
}

template <Real T>
void Simulation<T>::Impl::require_fixed_steps(const char* where) const {
  if (!adaptive) return;
  throw ConfigError({.what = "an adaptive step cannot be cut in one environment of a batch",
                     .where = where,
                     .got = "integrator.name = " + spec.integrator.name,
                     .allowed = "euler, heun, rk4",
                     .next = {}});
}

template <Real T>
void Simulation<T>::Impl::check_finite() {
  settle_changed_inputs();
  if (!adaptive && stepping->is_finite(state)) return;
  present_state();
  for (std::int64_t n = 0; n < state.size(); ++n) {
    if (std::isfinite(state.data()[n])) continue;
    for (std::int64_t env = 0; env < shape.num_envs; ++env) {
      for (int c = 0; c < shape.num_components; ++c) {
        for (std::int64_t i = 0; i < shape.num_neurons; ++i) {
          if (std::isfinite(state.at(env, c, i))) continue;
          throw RunError({.what = "the state is not finite",
                          .where = "environment " + std::to_string(env) + ", t = " +
                                   std::to_string(time_ms()) + " ms, neuron " + std::to_string(i) +
                                   ", " + component_names(spec.model)[static_cast<std::size_t>(c)],
                          .got = std::to_string(state.at(env, c, i)),
                          .allowed = {},
                          .next = "the system blows up: check weights and drive, or use a smaller "
                                  "integrator.dt_ms"});
        }
      }
    }
  }
}

template <Real T>
Simulation<T>::Simulation(std::vector<ConnectomePtr> connectomes, const BrainSpec& spec,
                          std::vector<std::uint64_t> seeds, const ThreadArena& arena,
                          const BackendFactory<T>& make_backend)
    : impl_(std::make_unique<Impl>(std::move(connectomes), spec, std::move(seeds), arena,
                                   make_backend)) {}
template <Real T>
Simulation<T>::~Simulation() = default;
template <Real T>
Simulation<T>::Simulation(Simulation&&) noexcept = default;

template <Real T>
const BatchShape& Simulation<T>::shape() const noexcept {
  return impl_->shape;
}
template <Real T>
const BrainSpec& Simulation<T>::spec() const noexcept {
  return impl_->spec;
}
template <Real T>
std::string Simulation<T>::backend_name() const {
  return impl_->stepping ? impl_->stepping->name() : "cpu";
}
template <Real T>
System<T>& Simulation<T>::system() noexcept {
  return impl_->backend;
}
template <Real T>
double Simulation<T>::time_ms() const noexcept {
  return impl_->time_ms();
}
template <Real T>
Surgeon<T>& Simulation<T>::surgeon() {
  impl_->settle_inputs();
  impl_->before_inputs_change();
  return impl_->surgeon;
}
template <Real T>
const Surgeon<T>& Simulation<T>::surgeon() const {
  impl_->settle_inputs();
  return impl_->surgeon;
}
template <Real T>
void Simulation<T>::advance_to(double t_ms, double limit_ms) {
  impl_->advance_to(t_ms, limit_ms);
}
template <Real T>
const State<T>& Simulation<T>::state() const {
  return impl_->present_state();
}
template <Real T>
void Simulation<T>::watch(std::span<const std::int64_t> neurons) {
  for (const std::int64_t neuron : neurons) {
    ensure(neuron >= 0 && neuron < impl_->shape.num_neurons, "neurons of this batch");
  }
  // More than half of the state is fetched as fast whole.
  impl_->is_watching = impl_->stepping && 2 * std::ssize(neurons) < impl_->shape.num_neurons *
                                                                        impl_->shape.num_components;
  impl_->is_watched_behind = true;
  if (impl_->is_watching) impl_->stepping->watch(neurons);
}
template <Real T>
const State<T>& Simulation<T>::watched_state() const {
  return impl_->watched_state();
}
template <Real T>
void Simulation<T>::set_state(const State<T>& x) {
  ensure(x.shape() == impl_->shape, "a state of this batch's shape");
  impl_->before_inputs_change();
  impl_->edit_state() = x;
  for (std::int64_t env = 0; env < impl_->shape.num_envs; ++env) impl_->fill_past(env);
}
template <Real T>
void Simulation<T>::output(std::int64_t env, std::vector<double>& values) const {
  impl_->backend.output(impl_->present_state(), env, values);
}
template <Real T>
void Simulation<T>::reset(std::int64_t env, std::uint64_t seed) {
  impl_->settle_rules();
  impl_->before_inputs_change();
  impl_->surgeon.reset(env);
  impl_->seeds.at(static_cast<std::size_t>(env)) = seed;
  impl_->episode_start.at(static_cast<std::size_t>(env)) = impl_->num_steps;
  impl_->draw_initial_state(env, 0, impl_->shape.num_neurons);
  impl_->start_plasticity(env);
  impl_->fill_past(env);
}
template <Real T>
BrainSnapshot<T> Simulation<T>::snapshot(std::int64_t env) const {
  impl_->require_fixed_steps("snapshot");
  impl_->settle_rules();
  BrainSnapshot<T> snapshot;
  const auto e = static_cast<std::size_t>(env);
  snapshot.seed = impl_->seeds.at(e);
  snapshot.step = impl_->num_steps - impl_->episode_start.at(e);
  const BatchShape& shape = impl_->shape;
  for (int c = 0; c < shape.num_components; ++c) {
    for (std::int64_t i = 0; i < shape.num_neurons; ++i) {
      snapshot.state.push_back(state().at(env, c, i));
    }
  }
  impl_->surgeon.append_inputs(env, snapshot.inputs);
  if (const DelayLine<T>* delays = impl_->present_history()) {
    delays->append_history(env, impl_->num_steps, snapshot.history);
  }
  if (!impl_->plastic.empty()) {
    snapshot.plasticity = std::make_shared<const PlasticBrain>(impl_->plastic[e]);
  }
  return snapshot;
}
template <Real T>
void Simulation<T>::restore(std::int64_t env, const BrainSnapshot<T>& snapshot) {
  impl_->require_fixed_steps("restore");
  const BatchShape& shape = impl_->shape;
  const auto e = static_cast<std::size_t>(env);
  const auto size = static_cast<std::size_t>(shape.num_components * shape.num_neurons);
  DelayLine<T>* const delays = impl_->present_history();
  const auto history = static_cast<std::size_t>(delays != nullptr ? delays->history_size() : 0);
  if (snapshot.state.size() != size || snapshot.history.size() != history ||
      (snapshot.plasticity != nullptr) == impl_->plastic.empty()) {
    throw ConfigError({.what = "the snapshot is of another brain",
                       .where = "restore",
                       .got = std::to_string(snapshot.state.size()) + " + " +
                              std::to_string(snapshot.history.size()) + " values",
                       .allowed = std::to_string(size) + " + " + std::to_string(history) +
                                  ", and rules of plasticity in both or in neither",
                       .next = {}});
  }
  impl_->settle_rules();
  impl_->surgeon.set_inputs(env, snapshot.inputs);
  impl_->seeds.at(e) = snapshot.seed;
  impl_->episode_start.at(e) = impl_->num_steps - snapshot.step;
  State<T>& state = impl_->edit_state();
  const T* value = snapshot.state.data();
  for (int c = 0; c < shape.num_components; ++c) {
    for (std::int64_t i = 0; i < shape.num_neurons; ++i) state.at(env, c, i) = *value++;
  }
  if (delays != nullptr) {
    delays->set_history(env, impl_->num_steps, snapshot.history);
    impl_->history_changed();
  }
  if (snapshot.plasticity != nullptr) {
    impl_->plastic[e] = *snapshot.plasticity;
    impl_->use_plastic_synapses(env, false);
  }
}
template <Real T>
PlasticityReport Simulation<T>::plasticity(std::int64_t env) const {
  const auto e = static_cast<std::size_t>(env);
  if (!impl_->plastic.empty()) return impl_->plastic.at(e).report();
  const Connectome& connectome = *impl_->original(env);
  PlasticityReport report;
  report.num_alive = connectome.num_neurons();
  report.num_synapses = connectome.num_synapses();
  return report;
}
template <Real T>
ConnectomePtr Simulation<T>::connectome(std::int64_t env) const {
  impl_->settle_rules();
  const auto e = static_cast<std::size_t>(env);
  const bool changes = !impl_->plastic.empty() && impl_->plastic.at(e).has_connectome();
  if (changes) return impl_->plastic[e].connectome().freeze();
  return impl_->original(env);
}
template <Real T>
void Simulation<T>::set_error(std::int64_t env, double error) {
  if (!impl_->spec.plasticity.has("neurogenesis")) {
    throw ConfigError({.what = "no rule follows an error",
                       .where = "set_error",
                       .got = "plasticity.rules without \"neurogenesis\"",
                       .allowed = "rules with it",
                       .next = {}});
  }
  impl_->plastic.at(static_cast<std::size_t>(env)).set_error(error);
}
template <Real T>
void Simulation<T>::set_teaching(std::int64_t env, std::span<const double> factors) {
  if (!impl_->spec.plasticity.has("hebbian")) {
    throw ConfigError({.what = "no rule is taught",
                       .where = "set_teaching",
                       .got = "plasticity.rules without \"hebbian\"",
                       .allowed = "rules with it",
                       .next = {}});
  }
  const auto e = static_cast<std::size_t>(env);
  impl_->plastic.at(e).set_teaching(factors);
  impl_->teaching_behind[e] = 1;
}
template <Real T>
const PlasticConnectome& Simulation<T>::plastic_connectome(std::int64_t env) const {
  impl_->settle_rules();
  const auto e = static_cast<std::size_t>(env);
  if (!impl_->plastic.empty() && impl_->plastic.at(e).has_connectome()) {
    return impl_->plastic[e].connectome();
  }
  throw ConfigError(
      {.what = "no rule changes the connectome",
       .where = "plastic_connectome",
       .got = "plasticity.rules without one that does",
       .allowed = "homeostasis, oja, hebbian, decay, pruning, structural, neurogenesis",
       .next = {}});
}
template <Real T>
void Simulation<T>::edit_connectome(std::int64_t env,
                                    const std::function<void(PlasticConnectome&)>& edit) {
  static_cast<void>(plastic_connectome(env));
  impl_->restructure(env, "edit_connectome", [&](PlasticBrain& brain) { return brain.edit(edit); });
}
template <Real T>
double Simulation<T>::error(std::int64_t env) const {
  return impl_->plastic.empty() ? 0 : impl_->plastic.at(static_cast<std::size_t>(env)).error();
}
template <Real T>
std::vector<std::int32_t> Simulation<T>::spawn(std::int64_t env, std::int64_t count) {
  return impl_
      ->restructure(env, "spawn", [&](PlasticBrain& brain) { return brain.spawn_now(count); })
      .born;
}
template <Real T>
std::vector<std::int32_t> Simulation<T>::sleep(std::int64_t env) {
  return impl_
      ->restructure(env, "sleep",
                    [&](PlasticBrain& brain) { return brain.sleep_now(impl_->arena); })
      .died;
}
template <Real T>
std::int64_t Simulation<T>::num_steps() const noexcept {
  return impl_->num_steps;
}
template <Real T>
StepStatistics Simulation<T>::statistics(std::int64_t env) const {
  if (impl_->adaptive) return impl_->adaptive->statistics(env);
  const double dt = impl_->spec.integrator.dt_ms;
  return {impl_->num_steps, 0, dt, dt};
}

template class Simulation<float>;
template class Simulation<double>;

}  // namespace noesis

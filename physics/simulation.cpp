#include "physics/simulation.hpp"

#include <cmath>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "physics/simulation_impl.hpp"

namespace noesis {

std::vector<double> DriveSpec::values(std::int64_t num_neurons) const {
  if (!per_neuron.empty()) return per_neuron;
  std::vector<double> drive(static_cast<std::size_t>(num_neurons), mean);
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
  for (const ConnectomePtr& connectome : connectomes) {
    if (connectome->num_neurons() != connectomes.front()->num_neurons()) {
      fail("connectomes of one batch have the same number of neurons", "connectomes",
           std::to_string(connectome->num_neurons()),
           std::to_string(connectomes.front()->num_neurons()));
    }
  }
  if (spec.noise.sigma > 0 && spec.integrator.adaptive()) {
    fail("noise needs fixed steps", "noise.sigma", std::to_string(spec.noise.sigma),
         "0 with dopri5; or integrator.name = \"euler\", \"heun\" or \"rk4\"");
  }
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

BatchShape shape_of(const std::vector<ConnectomePtr>& connectomes, const BrainSpec& spec,
                    std::size_t num_envs, int tile_width) {
  check(connectomes, spec, num_envs);
  return batch_shape(spec.model, connectomes.front()->num_neurons(),
                     static_cast<std::int64_t>(num_envs), connectomes.size() > 1, tile_width);
}

}  // namespace

template <Real T>
Simulation<T>::Impl::Impl(std::vector<ConnectomePtr> brains, const BrainSpec& brain,
                          std::vector<std::uint64_t> env_seeds, const ThreadArena& threads)
    : spec(brain),
      connectomes(std::move(brains)),
      seeds(std::move(env_seeds)),
      arena(threads),
      shape(shape_of(connectomes, spec, seeds.size(), kTileWidth<T>)),
      surgeon(shape, spec.drive.values(shape.num_neurons)),
      backend(connectomes, spec.model, shape, surgeon, arena),
      state(shape),
      episode_start(seeds.size(), 0) {
  if (spec.integrator.adaptive()) {
    adaptive = std::make_unique<Dopri5<T>>(shape, spec.integrator, arena);
  } else {
    fixed = make_fixed_stepper<T>(spec.integrator.name, arena);
  }
  for (std::int64_t env = 0; env < shape.num_envs; ++env) draw_initial_state(env);
  if (adaptive) adaptive->start(state, 0);
}

template <Real T>
void Simulation<T>::Impl::draw_initial_state(std::int64_t env) {
  const std::uint64_t seed = seeds[static_cast<std::size_t>(env)];
  const double span = spec.initial.high - spec.initial.low;
  for (std::int64_t i = 0; i < shape.num_neurons; ++i) {
    for (int c = 0; c < shape.num_components; c += 2) {
      const RandomPair u =
          uniform_pair(seed, Stream::kInitialState, 0, static_cast<std::uint32_t>(i),
                       static_cast<std::uint32_t>(c / 2));
      state.at(env, c, i) = static_cast<T>(spec.initial.low + span * u.first);
      if (c + 1 < shape.num_components) {
        state.at(env, c + 1, i) = static_cast<T>(spec.initial.low + span * u.second);
      }
    }
  }
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
  surgeon.pin(state);
  while (num_steps < static_cast<std::int64_t>(target)) {
    fixed->step(backend, state, dt);
    if (spec.noise.sigma > 0) add_noise();
    ++num_steps;
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
void Simulation<T>::Impl::add_noise() {
  const double scale =
      spec.noise.sigma * std::sqrt(spec.integrator.dt_ms / time_scale_ms(spec.model));
  const bool holds = surgeon.holds_any();
  arena.parallel_for(shape.num_neurons, 256, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t env = 0; env < shape.num_envs; ++env) {
      const auto e = static_cast<std::size_t>(env);
      const auto step = static_cast<std::uint64_t>(num_steps - episode_start[e]);
      for (std::int64_t i = first; i < last; ++i) {
        for (int c = 0; c < shape.num_components; c += 2) {
          const RandomPair n =
              normal_pair(seeds[e], Stream::kNoise, step, static_cast<std::uint32_t>(i),
                          static_cast<std::uint32_t>(c / 2));
          if (!(holds && surgeon.holds(env, c, i))) {
            state.at(env, c, i) += static_cast<T>(scale * n.first);
          }
          if (c + 1 < shape.num_components && !(holds && surgeon.holds(env, c + 1, i))) {
            state.at(env, c + 1, i) += static_cast<T>(scale * n.second);
          }
        }
      }
    }
  });
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
void Simulation<T>::Impl::check_finite() const {
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
                          std::vector<std::uint64_t> seeds, const ThreadArena& arena)
    : impl_(std::make_unique<Impl>(std::move(connectomes), spec, std::move(seeds), arena)) {}
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
System<T>& Simulation<T>::system() noexcept {
  return impl_->backend;
}
template <Real T>
double Simulation<T>::time_ms() const noexcept {
  return impl_->time_ms();
}
template <Real T>
Surgeon<T>& Simulation<T>::surgeon() {
  impl_->before_inputs_change();
  return impl_->surgeon;
}
template <Real T>
const Surgeon<T>& Simulation<T>::surgeon() const noexcept {
  return impl_->surgeon;
}
template <Real T>
void Simulation<T>::advance_to(double t_ms, double limit_ms) {
  impl_->advance_to(t_ms, limit_ms);
}
template <Real T>
const State<T>& Simulation<T>::state() const noexcept {
  return impl_->state;
}
template <Real T>
void Simulation<T>::set_state(const State<T>& x) {
  ensure(x.shape() == impl_->shape, "a state of this batch's shape");
  impl_->before_inputs_change();
  impl_->state = x;
}
template <Real T>
void Simulation<T>::output(std::int64_t env, std::vector<double>& values) const {
  impl_->backend.output(impl_->state, env, values);
}
template <Real T>
void Simulation<T>::reset(std::int64_t env, std::uint64_t seed) {
  impl_->before_inputs_change();
  impl_->surgeon.reset(env);
  impl_->seeds.at(static_cast<std::size_t>(env)) = seed;
  impl_->episode_start.at(static_cast<std::size_t>(env)) = impl_->num_steps;
  impl_->draw_initial_state(env);
}
template <Real T>
BrainSnapshot<T> Simulation<T>::snapshot(std::int64_t env) const {
  impl_->require_fixed_steps("snapshot");
  BrainSnapshot<T> snapshot;
  const auto e = static_cast<std::size_t>(env);
  snapshot.seed = impl_->seeds.at(e);
  snapshot.step = impl_->num_steps - impl_->episode_start.at(e);
  const BatchShape& shape = impl_->shape;
  for (int c = 0; c < shape.num_components; ++c) {
    for (std::int64_t i = 0; i < shape.num_neurons; ++i) {
      snapshot.state.push_back(impl_->state.at(env, c, i));
    }
  }
  impl_->surgeon.append_inputs(env, snapshot.inputs);
  return snapshot;
}
template <Real T>
void Simulation<T>::restore(std::int64_t env, const BrainSnapshot<T>& snapshot) {
  impl_->require_fixed_steps("restore");
  const BatchShape& shape = impl_->shape;
  const auto e = static_cast<std::size_t>(env);
  const auto size = static_cast<std::size_t>(shape.num_components * shape.num_neurons);
  if (snapshot.state.size() != size) {
    throw ConfigError({.what = "the snapshot is of another brain",
                       .where = "restore",
                       .got = std::to_string(snapshot.state.size()) + " values",
                       .allowed = std::to_string(size),
                       .next = {}});
  }
  impl_->surgeon.set_inputs(env, snapshot.inputs);
  impl_->seeds.at(e) = snapshot.seed;
  impl_->episode_start.at(e) = impl_->num_steps - snapshot.step;
  const T* value = snapshot.state.data();
  for (int c = 0; c < shape.num_components; ++c) {
    for (std::int64_t i = 0; i < shape.num_neurons; ++i) impl_->state.at(env, c, i) = *value++;
  }
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

#include "env/tasks/controlled_brain.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "core/error.hpp"
#include "core/math.hpp"
#include "core/rng.hpp"
#include "core/wide.hpp"
#include "env/render_graph.hpp"
#include "env/tasks/brain_bytes.hpp"
#include "physics/connectome_io.hpp"

namespace noesis {
namespace {

/// Parts of the surgeon's flat action, in the order of the keys.
enum Part : std::size_t { kClamp, kCurrent, kLesion, kLevel, kSilence, kNumParts };

/// A clamp of a rate network holds x where its activation is at most this.
constexpr double kHighestActivation = 0.999;

Space make_action_space(const std::string& mode, std::int64_t num_sites) {
  Space currents = uniform_box({num_sites}, -1, 1);
  if (mode == "current") return currents;
  const Space flags = MultiBinary{{num_sites}};
  return DictSpace{{{"clamp", flags},
                    {"current", currents},
                    {"lesion", flags},
                    {"level", uniform_box({num_sites}, 0, 1)},
                    {"silence", flags}}};
}

[[noreturn]] void refuse_interval(double time_ms, std::string allowed) {
  throw ConfigError({.what = "actions fall between steps of the integrator",
                     .where = "control_interval",
                     .got = std::to_string(time_ms) + " ms",
                     .allowed = std::move(allowed),
                     .next = {}});
}

template <class Brains>
Brains make_brains(const Subject& subject, const BrainOptions& options, std::int64_t num_envs,
                   const ThreadArena& arena) {
  const auto make = [&]<Real T>(T) {
    return Simulation<T>({subject.connectome}, subject.brain,
                         std::vector<std::uint64_t>(static_cast<std::size_t>(num_envs)), arena,
                         options.make_backend.of<T>());
  };
  if (options.precision == "float") return make(float{});
  return make(double{});
}

/// Numbers of a snapshot in either precision.
template <Real To, Real From>
BrainSnapshot<To> converted(BrainSnapshot<From> brain) {
  if constexpr (std::same_as<To, From>) return brain;
  const auto all = [](const std::vector<From>& values) {
    return std::vector<To>(values.begin(), values.end());
  };
  return {.seed = brain.seed,
          .step = brain.step,
          .state = all(brain.state),
          .inputs = all(brain.inputs),
          .history = all(brain.history),
          .plasticity = brain.plasticity};
}

std::int64_t whole_steps(double time_ms, double dt_ms) {
  const double steps = time_ms / dt_ms;
  if (steps < 0.5 || steps > 1e9 || std::abs(steps - std::round(steps)) > 1e-6) {
    refuse_interval(time_ms, "a multiple of " + std::to_string(dt_ms) + " ms");
  }
  return std::llround(steps);
}

}  // namespace

Subject controlled_subject(const BrainOptions& options, Condition condition) {
  if (options.subject == "lorenz63") {
    throw ConfigError({.what = "this task is about brains of neurons",
                       .where = "subject",
                       .got = options.subject,
                       .allowed = "celegans, celegans-coupled, reference-N, or a connectome file",
                       .next = {}});
  }
  Subject subject =
      make_subject(options.subject, static_cast<std::uint64_t>(options.brain_seed), condition);
  if (!options.connectome.empty()) {
    subject.connectome = std::make_shared<Connectome>(load_connectome(options.connectome));
    subject.num_units = subject.num_sites = subject.connectome->num_neurons();
  }
  if (options.coupling > 0) subject.brain.model.wilson_cowan.coupling = options.coupling;
  subject.brain.noise.sigma = options.noise;
  return subject;
}

ControlledBrain::ControlledBrain(Subject subject, const BrainOptions& options,
                                 std::int64_t num_envs, int num_threads)
    : options_(options),
      subject_(std::move(subject)),
      is_rate_network_(subject_.brain.model.name == "rate"),
      recorded_(select_sites(options.recorded, subject_.num_units,
                             static_cast<std::uint64_t>(options.brain_seed), "recorded")),
      stimulated_(select_sites(options.stimulated, subject_.num_units,
                               static_cast<std::uint64_t>(options.brain_seed), "stimulated")),
      action_space_(make_action_space(options.action_mode, stimulated_.size())),
      arena_(num_threads),
      brains_(make_brains<decltype(brains_)>(subject_, options, num_envs, arena_)),
      dt_ms_(subject_.brain.integrator.dt_ms),
      episodes_(static_cast<std::size_t>(num_envs)) {
  const double interval_ms = options.control_interval * subject_.tau_ms;
  const std::int64_t steps = whole_steps(interval_ms, dt_ms_);
  const std::int64_t halves = options.charge_balanced ? 2 : 1;
  if (steps % halves != 0) {
    refuse_interval(interval_ms,
                    "with charge_balanced, a multiple of " + std::to_string(2 * dt_ms_) + " ms");
  }
  // About one look a sample interval of the subject, and the last one at the end.
  const std::int64_t sample = std::llround(subject_.interval * subject_.tau_ms / dt_ms_);
  looks_ = std::max(halves, (steps + sample - 1) / sample);
  while (steps % looks_ != 0 || looks_ % halves != 0) ++looks_;
  steps_per_look_ = steps / looks_;
  for (Episode& episode : episodes_) {
    episode.charge.resize(static_cast<std::size_t>(stimulated_.size()));
    episode.amplitude.resize(episode.charge.size());
  }
  watch({});
}

void ControlledBrain::watch(std::span<const std::int64_t> neurons) {
  std::set<std::int64_t> watched(recorded_.neurons().begin(), recorded_.neurons().end());
  watched.insert(neurons.begin(), neurons.end());
  const std::vector<std::int64_t> ids(watched.begin(), watched.end());
  std::visit([&](auto& brains) { brains.watch(ids); }, brains_);
}

const Simulation<double>& ControlledBrain::brains() const {
  const auto* brains = std::get_if<Simulation<double>>(&brains_);
  ensure(brains != nullptr, "brains in double precision");
  return *brains;
}

ControlledBrain::Rates ControlledBrain::rates(std::int64_t env) const {
  return std::visit(
      [&](const auto& brains) { return Rates(brains.state(), env, is_rate_network_); }, brains_);
}

ControlledBrain::Rates ControlledBrain::watched_rates(std::int64_t env) const {
  return std::visit(
      [&](const auto& brains) { return Rates(brains.watched_state(), env, is_rate_network_); },
      brains_);
}

void ControlledBrain::advance_to_look() {
  std::visit(
      [&](auto& brains) {
        brains.advance_to(static_cast<double>(brains.num_steps() + steps_per_look_) * dt_ms_);
      },
      brains_);
}

void ControlledBrain::reset(std::int64_t env, std::uint64_t seed) {
  Episode& episode = episodes_[static_cast<std::size_t>(env)];
  episode.seed = seed;
  episode.step = 0;
  std::fill(episode.charge.begin(), episode.charge.end(), 0.0);
  std::fill(episode.amplitude.begin(), episode.amplitude.end(), 0.0);
  std::visit([&](auto& brains) { brains.reset(env, seed); }, brains_);
}

void ControlledBrain::send_currents(std::int64_t env, double sign) {
  const Episode& episode = episodes_[static_cast<std::size_t>(env)];
  const std::span<const double> weights = stimulated_.weights();
  currents_.resize(weights.size());
  std::size_t place = 0;
  for (std::size_t site = 0; site < episode.amplitude.size(); ++site) {
    const std::size_t end = place + stimulated_.neurons(static_cast<std::int64_t>(site)).size();
    for (; place < end; ++place) {
      currents_[place] = sign * episode.amplitude[site] * weights[place];
    }
  }
  std::visit(
      [&](auto& brains) { brains.surgeon().set_currents(env, stimulated_.neurons(), currents_); },
      brains_);
}

double ControlledBrain::apply_currents(std::int64_t env, std::span<const float> action) {
  Episode& episode = episodes_[static_cast<std::size_t>(env)];
  const double limit = options_.charge_limit;
  double energy = 0;
  for (std::size_t k = 0; k < action.size(); ++k) {
    const double share = std::clamp(static_cast<double>(action[k]), -1.0, 1.0);
    double& amplitude = episode.amplitude[k];
    amplitude = options_.amplitude * share;
    if (limit > 0 && !options_.charge_balanced) {
      // No further than to the limit on either side.
      amplitude = std::clamp(amplitude, (-limit - episode.charge[k]) / options_.control_interval,
                             (limit - episode.charge[k]) / options_.control_interval);
    }
    const double sent = amplitude / options_.amplitude;
    energy += sent * sent;
  }
  send_currents(env, 1);
  return energy / static_cast<double>(action.size());
}

template <Real T>
double ControlledBrain::apply_surgery(Surgeon<T>& surgeon, std::int64_t env,
                                      std::span<const float> action) {
  const auto n = static_cast<std::size_t>(stimulated_.size());
  const auto part = [&](Part p) { return action.subspan(p * n, n); };
  surgeon.clear(env);  // what was for one step; lesions stay
  double energy = apply_currents(env, part(kCurrent));
  for (std::size_t k = 0; k < n; ++k) {
    const bool lesion = part(kLesion)[k] >= 0.5f;
    const bool clamp = part(kClamp)[k] >= 0.5f;
    const bool silence = part(kSilence)[k] >= 0.5f;
    double level = std::clamp(static_cast<double>(part(kLevel)[k]), 0.0, 1.0);
    if (is_rate_network_) level = std::atanh(std::min(level, kHighestActivation));
    for (const std::int64_t neuron : stimulated_.neurons(static_cast<std::int64_t>(k))) {
      if (silence) surgeon.silence(env, neuron);
      if (clamp) surgeon.clamp(env, neuron, level);
      if (lesion) surgeon.lesion(env, neuron);
    }
    energy += (lesion + clamp + silence) / static_cast<double>(n);
  }
  return energy;
}

double ControlledBrain::apply(std::int64_t env, std::span<const float> action) {
  if (options_.action_mode == "current") return apply_currents(env, action);
  return std::visit([&](auto& brains) { return apply_surgery(brains.surgeon(), env, action); },
                    brains_);
}

void ControlledBrain::reverse_currents() {
  for (std::int64_t env = 0; env < num_envs(); ++env) send_currents(env, -1);
}

void ControlledBrain::count_interval() {
  for (Episode& episode : episodes_) {
    ++episode.step;
    if (options_.charge_balanced) continue;
    for (std::size_t k = 0; k < episode.charge.size(); ++k) {
      episode.charge[k] += episode.amplitude[k] * options_.control_interval;
    }
  }
}

NOESIS_WIDE double ControlledBrain::Rates::tanh_of(double x) { return math::tanh(x); }

void ControlledBrain::observe(std::int64_t env, std::span<float> observation) const {
  const Episode& episode = episodes_[static_cast<std::size_t>(env)];
  const Rates rates_of = watched_rates(env);
  for (std::int64_t site = 0; site < recorded_.size(); ++site) {
    const auto neurons = recorded_.neurons(site);
    const auto weights = recorded_.weights(site);
    double sum = 0, size = 0;
    for (std::size_t k = 0; k < neurons.size(); ++k) {
      sum += weights[k] * rates_of[neurons[k]];
      size += std::abs(weights[k]);
    }
    double seen = sum / size;
    if (options_.observation_noise > 0) {
      seen += options_.observation_noise * normal_pair(episode.seed, Stream::kObservation,
                                                       static_cast<std::uint64_t>(episode.step),
                                                       static_cast<std::uint32_t>(neurons.front()))
                                               .first;
    }
    observation[static_cast<std::size_t>(site)] = static_cast<float>(std::clamp(seen, -1.0, 1.0));
  }
}

double ControlledBrain::charge(std::int64_t env) const {
  double largest = 0;
  for (const double charge : episodes_[static_cast<std::size_t>(env)].charge) {
    largest = std::max(largest, std::abs(charge));
  }
  return largest;
}

void ControlledBrain::save(std::int64_t env, ByteWriter& out) const {
  const Episode& episode = episodes_[static_cast<std::size_t>(env)];
  out.put(episode.seed);
  out.put(episode.step);
  out.put(episode.charge);
  out.put(episode.amplitude);
  std::visit([&](const auto& brains) { save_brain(converted<double>(brains.snapshot(env)), out); },
             brains_);
}

void ControlledBrain::load(std::int64_t env, ByteReader& in) {
  Episode episode;
  in.get(episode.seed);
  in.get(episode.step);
  in.get(episode.charge);
  in.get(episode.amplitude);
  const auto sites = static_cast<std::size_t>(stimulated_.size());
  if (episode.charge.size() != sites || episode.amplitude.size() != sites) {
    ByteReader::fail("a brain with other sites");
  }
  std::visit(
      [&]<Real T>(Simulation<T>& brains) {
        brains.restore(env, converted<T>(load_brain(in, brains.shape())));
      },
      brains_);
  episodes_[static_cast<std::size_t>(env)] = std::move(episode);
}

std::vector<RenderRow> ControlledBrain::render_rows(std::int64_t env) const {
  RenderRow rates{.name = "rate", .values = {}};
  for (std::int64_t site = 0; site < stimulated_.size(); ++site) {
    rates.values.push_back(rate(env, stimulated_.tip(site)));
  }
  return {rates, RenderRow{.name = "current",
                           .values = episodes_[static_cast<std::size_t>(env)].amplitude,
                           .low = -options_.amplitude,
                           .high = options_.amplitude}};
}

RenderGraph ControlledBrain::render_graph(std::int64_t env) const {
  std::vector<double> levels;
  for (std::int64_t i = 0; i < subject_.num_units; ++i) levels.push_back(rate(env, i));
  return make_render_graph(*subject_.connectome, std::move(levels));
}

}  // namespace noesis

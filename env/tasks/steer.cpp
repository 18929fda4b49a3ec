#include "env/tasks/steer.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "env/tasks/brain_bytes.hpp"

namespace noesis {
namespace {

/// Distance at which the reward is -1; an untouched brain is about 0.17 away from its targets.
constexpr double kDistanceUnit = 0.1;

Subject make_brain(const SteerOptions& options) {
  Subject subject = make_subject(options.subject, static_cast<std::uint64_t>(options.brain_seed));
  subject.brain.noise.sigma = options.noise;
  return subject;
}

/// Parts of the surgeon's flat action, in the order of the keys.
enum Part : std::size_t { kClamp, kCurrent, kLesion, kLevel, kSilence, kNumParts };

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

std::int64_t whole_steps(double time_ms, double dt_ms) {
  const double steps = time_ms / dt_ms;
  if (steps < 0.5 || steps > 1e9 || std::abs(steps - std::round(steps)) > 1e-6) {
    throw ConfigError({.what = "actions fall between steps of the integrator",
                       .where = "control_interval",
                       .got = std::to_string(time_ms) + " ms",
                       .allowed = "a multiple of " + std::to_string(dt_ms) + " ms",
                       .next = {}});
  }
  return std::llround(steps);
}

}  // namespace

SteerTask::SteerTask(const SteerOptions& options, std::int64_t num_envs, int num_threads)
    : options_(options),
      subject_(make_brain(options)),
      targets_(subject_, options),
      recorded_(select_sites(options.recorded, subject_.num_units,
                             static_cast<std::uint64_t>(options.brain_seed), "recorded")),
      num_envs_(num_envs),
      observation_space_(
          uniform_box({std::ssize(recorded_) + std::ssize(targets_.sites())}, -1, 1)),
      action_space_(make_action_space(options.action_mode, std::ssize(targets_.sites()))),
      arena_(num_threads),
      brains_({subject_.connectome}, subject_.brain,
              std::vector<std::uint64_t>(static_cast<std::size_t>(num_envs)), arena_),
      episodes_(static_cast<std::size_t>(num_envs)) {
  const double dt = subject_.brain.integrator.dt_ms;
  const std::int64_t steps = whole_steps(options.control_interval * subject_.tau_ms, dt);
  // About one look a sample interval of the subject, and the last one at the end.
  const std::int64_t sample = std::llround(subject_.interval * subject_.tau_ms / dt);
  for (looks_ = (steps + sample - 1) / sample; steps % looks_ != 0; ++looks_) {
  }
  steps_per_look_ = steps / looks_;
  for (Episode& episode : episodes_) episode.target.resize(targets_.sites().size());
}

std::span<const double> SteerTask::target_option(const Dict& options) const {
  const auto refuse = [](const std::string& where, std::string got, std::string allowed) {
    throw ConfigError({.what = "a reset option that Steer does not have",
                       .where = where,
                       .got = std::move(got),
                       .allowed = std::move(allowed),
                       .next = {}});
  };
  if (options.empty()) return {};
  const auto& [key, value] = *options.begin();
  if (options.size() != 1 || key != "target") refuse("options", key, "target");
  const Space allowed = uniform_box({std::ssize(targets_.sites())}, 0, 1, DType::kFloat64);
  const std::string violation = allowed.violation(value);
  if (!violation.empty()) refuse("target", violation, "float64 rates of the stimulated neurons");
  return value.array()->values<double>();
}

void SteerTask::reset(std::int64_t env, std::uint64_t seed, const Dict& options,
                      std::span<float> observation, InfoTable& info) {
  const std::span<const double> given = target_option(options);
  Episode& episode = episodes_[static_cast<std::size_t>(env)];
  episode.target =
      given.empty() ? targets_.draw(seed) : std::vector<double>(given.begin(), given.end());
  episode.seed = seed;
  episode.step = 0;
  brains_.reset(env, seed);
  info.set("distance", env, std::sqrt(squared_distance(env)));
  observe(env, observation);
}

double SteerTask::squared_distance(std::int64_t env) const {
  const std::vector<double>& target = episodes_[static_cast<std::size_t>(env)].target;
  double sum = 0;
  for (std::size_t k = 0; k < target.size(); ++k) {
    const double error = brains_.state().at(env, 0, targets_.sites()[k]) - target[k];
    sum += error * error;
  }
  return sum / static_cast<double>(target.size());
}

void SteerTask::observe(std::int64_t env, std::span<float> observation) const {
  const Episode& episode = episodes_[static_cast<std::size_t>(env)];
  std::size_t place = 0;
  for (const std::int64_t neuron : recorded_) {
    double rate = brains_.state().at(env, 0, neuron);
    if (options_.observation_noise > 0) {
      rate += options_.observation_noise * normal_pair(episode.seed, Stream::kObservation,
                                                       static_cast<std::uint64_t>(episode.step),
                                                       static_cast<std::uint32_t>(neuron))
                                               .first;
    }
    observation[place++] = static_cast<float>(std::clamp(rate, -1.0, 1.0));
  }
  for (const double level : episode.target) observation[place++] = static_cast<float>(level);
}

double SteerTask::apply_currents(std::int64_t env, std::span<const float> action) {
  Surgeon<double>& surgeon = brains_.surgeon();
  double energy = 0;
  currents_.resize(action.size());
  for (std::size_t k = 0; k < action.size(); ++k) {
    const double share = std::clamp(static_cast<double>(action[k]), -1.0, 1.0);
    currents_[k] = options_.amplitude * share;
    energy += share * share;
  }
  surgeon.set_currents(env, targets_.sites(), currents_);
  return energy / static_cast<double>(action.size());
}

double SteerTask::apply_surgery(std::int64_t env, std::span<const float> action) {
  const std::size_t n = targets_.sites().size();
  const auto part = [&](Part p) { return action.subspan(p * n, n); };
  Surgeon<double>& surgeon = brains_.surgeon();
  surgeon.clear(env);  // what was for one step; lesions stay
  double energy = apply_currents(env, part(kCurrent));
  for (std::size_t k = 0; k < n; ++k) {
    const std::int64_t site = targets_.sites()[k];
    const bool lesion = part(kLesion)[k] >= 0.5f;
    const bool clamp = part(kClamp)[k] >= 0.5f;
    const bool silence = part(kSilence)[k] >= 0.5f;
    if (silence) surgeon.silence(env, site);
    if (clamp) surgeon.clamp(env, site, std::clamp(static_cast<double>(part(kLevel)[k]), 0.0, 1.0));
    if (lesion) surgeon.lesion(env, site);
    energy += (lesion + clamp + silence) / static_cast<double>(n);
  }
  return energy;
}

double SteerTask::apply(std::int64_t env, std::span<const float> action) {
  return options_.action_mode == "current" ? apply_currents(env, action)
                                           : apply_surgery(env, action);
}

void SteerTask::step(std::span<const float> actions, std::span<const std::uint8_t> active,
                     const TaskStep& out) {
  const auto n = static_cast<std::size_t>(num_envs_);
  const auto action_size = static_cast<std::size_t>(action_space_.flat_size());
  const auto observation_size = static_cast<std::size_t>(observation_space_.flat_size());
  std::vector<double> energy(n), distance(n);
  for (std::size_t e = 0; e < n; ++e) {
    if (active[e] == 0) continue;
    energy[e] = apply(static_cast<std::int64_t>(e), actions.subspan(e * action_size, action_size));
  }
  const double dt = subject_.brain.integrator.dt_ms;
  for (std::int64_t look = 0; look < looks_; ++look) {
    brains_.advance_to(static_cast<double>(brains_.num_steps() + steps_per_look_) * dt);
    for (std::size_t e = 0; e < n; ++e) {
      distance[e] += squared_distance(static_cast<std::int64_t>(e));
    }
  }
  for (std::size_t e = 0; e < n; ++e) {
    if (active[e] == 0) continue;
    const auto env = static_cast<std::int64_t>(e);
    ++episodes_[e].step;
    const double rms = std::sqrt(distance[e] / static_cast<double>(looks_));
    out.rewards[e] = -rms / kDistanceUnit - options_.energy_weight * energy[e];
    out.terminated[e] = 0;
    out.info.set("distance", env, rms);
    out.info.set("energy", env, energy[e]);
    out.info.set("is_success", env, rms < options_.tolerance);
    observe(env, out.observations.subspan(e * observation_size, observation_size));
  }
}

void SteerTask::save(std::int64_t env, ByteWriter& out) const {
  const Episode& episode = episodes_[static_cast<std::size_t>(env)];
  out.put(std::string_view("Steer"));
  out.put(episode.seed);
  out.put(episode.step);
  out.put(episode.target);
  save_brain(brains_.snapshot(env), out);
}

void SteerTask::load(std::int64_t env, ByteReader& in) {
  in.expect("Steer");
  Episode episode;
  in.get(episode.seed);
  in.get(episode.step);
  in.get(episode.target);
  if (episode.target.size() != targets_.sites().size()) ByteReader::fail("a target of other sites");
  brains_.restore(env, load_brain(in, brains_.shape()));
  episodes_[static_cast<std::size_t>(env)] = std::move(episode);
}

std::vector<RenderRow> SteerTask::render_rows(std::int64_t env) const {
  RenderRow rates{.name = "rate", .values = {}};
  for (const std::int64_t site : targets_.sites()) {
    rates.values.push_back(brains_.state().at(env, 0, site));
  }
  RenderRow currents{
      .name = "current", .values = {}, .low = -options_.amplitude, .high = options_.amplitude};
  for (const std::int64_t site : targets_.sites()) {
    currents.values.push_back(brains_.surgeon().current(env, site));
  }
  return {rates,
          {.name = "target", .values = episodes_[static_cast<std::size_t>(env)].target},
          currents};
}

}  // namespace noesis

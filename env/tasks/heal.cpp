#include "env/tasks/heal.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "env/tasks/reset_options.hpp"

namespace noesis {
namespace {

/// Health from which on an agent has done what it should.
constexpr double kSuccess = 0.9;

/// Where the rates of a seized brain begin: saturated, as they stay when nobody acts.
constexpr double kSeizedLow = 0.9, kSeizedHigh = 1;

std::int64_t window_length(double interval) {
  return std::max<std::int64_t>(1, std::llround(HealthWindows::kLengthTau / interval));
}

/// The same brain as it should be: a seized one with its healthy wiring, unless that came in a
/// file.
Subject healthy_subject(BrainOptions options) {
  options.coupling = 0;
  return controlled_subject(options);
}

void make_hard(BrainOptions& brain, const char* recorded, const char* stimulated) {
  brain.recorded = recorded;
  brain.stimulated = stimulated;
  brain.noise = 0.02;
  brain.observation_noise = 0.01;
}

}  // namespace

BrainOptions QuenchPreset::of(const std::string& difficulty) {
  BrainOptions brain = {.control_interval = 0.5, .amplitude = 12};
  if (difficulty == "easy") brain.coupling = 5;
  if (difficulty == "hard") make_hard(brain, "random:50%", "random:90%");
  return brain;
}

BrainOptions WakePreset::of(const std::string& difficulty) {
  BrainOptions brain = {.control_interval = 0.5, .amplitude = 6};
  if (difficulty == "easy") {
    brain.amplitude = 4;
    brain.energy_weight = 0;
  }
  if (difficulty == "hard") make_hard(brain, "random:70%", "random:50%");
  return brain;
}

Subject seized_subject(const QuenchOptions& options) {
  Subject subject = controlled_subject(options.brain, Condition::kSeized);
  subject.brain.initial = {.low = kSeizedLow, .high = kSeizedHigh};
  return subject;
}

Subject comatose_subject(const WakeOptions& options) {
  if (options.brain.precision != "double") {
    throw ConfigError({.what = "the twin that measures chaos is 1e-6 away from its brain",
                       .where = "precision",
                       .got = options.brain.precision,
                       .allowed = "double",
                       .next = {}});
  }
  return controlled_subject(options.brain, Condition::kComatose);
}

HealTask::HealTask(std::string name, Subject ill, const Subject& healthy, bool at_edge,
                   const BrainOptions& options, std::int64_t num_envs, int num_threads)
    : name_(std::move(name)),
      brain_(std::move(ill), options, num_envs, num_threads),
      windows_(num_envs, brain_.subject().num_units, window_length(brain_.look_interval()),
               resting_deviation(healthy)),
      observation_space_(uniform_box({brain_.recorded().size() + 2}, -1, 1)),
      rates_(static_cast<std::size_t>(brain_.subject().num_units)) {
  if (at_edge) {
    chaos_.emplace(brain_.subject(), num_envs, options.control_interval,
                   window_length(options.control_interval), brain_.arena(),
                   options.make_backend.of_double);
  }
}

void HealTask::reset(std::int64_t env, std::uint64_t seed, const Dict& options,
                     std::span<float> observation, InfoTable& info) {
  refuse_reset_options(options, name_);
  brain_.reset(env, seed);
  windows_.clear(env);
  if (chaos_) chaos_->reset(brain_.brains(), env, seed);
  const Health health = windows_.measure(env);
  judge(env, health, info);
  observe(env, health, observation);
}

void HealTask::look() {
  for (std::int64_t env = 0; env < num_envs(); ++env) {
    const ControlledBrain::Rates rates = brain_.rates(env);
    for (std::size_t i = 0; i < rates_.size(); ++i) {
      rates_[i] = rates[static_cast<std::int64_t>(i)];
    }
    windows_.add(env, rates_);
  }
  if (chaos_) chaos_->follow(brain_.brains());
}

double HealTask::judge(std::int64_t env, const Health& health, InfoTable& info) const {
  double value = health.value();
  info.set("mean_rate", env, health.mean_rate);
  info.set("saturated_fraction", env, health.saturated_fraction);
  info.set("variation", env, health.variation);
  if (chaos_) {
    const double exponent = chaos_->exponent(env);
    constexpr double kLow = WakeTask::kEdgeLow, kHigh = WakeTask::kEdgeHigh;
    value *= ramp(exponent, kLow - WakeTask::kEdgeMargin, kLow) *
             ramp(exponent, kHigh + WakeTask::kEdgeMargin, kHigh);
    info.set("lyapunov", env, exponent);
  }
  info.set("health", env, value);
  return value;
}

void HealTask::observe(std::int64_t env, const Health& health, std::span<float> observation) const {
  const auto recorded = static_cast<std::size_t>(brain_.recorded().size());
  brain_.observe(env, observation.first(recorded));
  observation[recorded] = static_cast<float>(std::clamp(health.mean_rate, -1.0, 1.0));
  observation[recorded + 1] = static_cast<float>(std::min(health.variation, 1.0));
}

void HealTask::step(std::span<const float> actions, std::span<const std::uint8_t> active,
                    const TaskStep& out) {
  const auto n = static_cast<std::size_t>(num_envs());
  const auto action_size = static_cast<std::size_t>(action_space().flat_size());
  const auto observation_size = static_cast<std::size_t>(observation_space_.flat_size());
  std::vector<double> energy(n);
  for (std::size_t e = 0; e < n; ++e) {
    if (active[e] == 0) continue;
    energy[e] =
        brain_.apply(static_cast<std::int64_t>(e), actions.subspan(e * action_size, action_size));
  }
  brain_.advance([this] { look(); });
  if (chaos_) chaos_->measure(brain_.brains());
  for (std::size_t e = 0; e < n; ++e) {
    if (active[e] == 0) continue;
    const auto env = static_cast<std::int64_t>(e);
    const Health health = windows_.measure(env);
    const double value = judge(env, health, out.info);
    out.rewards[e] = value - brain_.options().energy_weight * energy[e];
    out.terminated[e] = 0;
    out.info.set("charge", env, brain_.charge(env));
    out.info.set("energy", env, energy[e]);
    out.info.set("is_success", env, value >= kSuccess);
    observe(env, health, out.observations.subspan(e * observation_size, observation_size));
  }
}

void HealTask::save(std::int64_t env, ByteWriter& out) const {
  out.put(std::string_view(name_));
  brain_.save(env, out);
  windows_.save(env, out);
  if (chaos_) chaos_->save(env, out);
}

void HealTask::load(std::int64_t env, ByteReader& in) {
  in.expect(name_);
  brain_.load(env, in);
  windows_.load(env, in);
  if (chaos_) chaos_->load(env, in);
}

std::vector<RenderRow> HealTask::render_rows(std::int64_t env) const {
  std::vector<RenderRow> rows = brain_.render_rows(env);
  const Health health = windows_.measure(env);
  rows.push_back(
      {.name = "vitals",
       .values = {health.value(), health.mean_rate, health.saturated_fraction, health.variation}});
  return rows;
}

QuenchTask::QuenchTask(const QuenchOptions& options, std::int64_t num_envs, int num_threads)
    : HealTask("Quench", seized_subject(options), healthy_subject(options.brain), false,
               options.brain, num_envs, num_threads) {}

WakeTask::WakeTask(const WakeOptions& options, std::int64_t num_envs, int num_threads)
    : HealTask("Wake", comatose_subject(options), healthy_subject(options.brain), true,
               options.brain, num_envs, num_threads) {}

}  // namespace noesis

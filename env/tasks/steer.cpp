#include "env/tasks/steer.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace noesis {
namespace {

/// Distance at which the reward is -1; an untouched brain is about 0.17 away from its targets.
constexpr double kDistanceUnit = 0.1;

}  // namespace

SteerOptions SteerOptions::of(const std::string& difficulty) {
  SteerOptions options;
  options.difficulty = difficulty;
  if (difficulty == "easy") {
    options.brain.amplitude = 8;
    options.target_low = 0.15;
    options.target_high = 0.25;
  } else if (difficulty == "hard") {
    options.brain.stimulated = "random:50%";
    options.brain.noise = 0.02;
    options.brain.observation_noise = 0.01;
  } else {
    ensure(difficulty == "normal", "a difficulty has a preset");
  }
  return options;
}

Subject steered_subject(const SteerOptions& options) {
  Subject subject = controlled_subject(options.brain);
  if (options.model == "rate" && subject.brain.model.name == "wilson_cowan") {
    RateNetworkParameters rate;
    rate.tau_ms = subject.tau_ms;
    rate.coupling = subject.brain.model.wilson_cowan.coupling;
    subject.brain.model.name = "rate";
    subject.brain.model.rate = rate;
    subject.brain.drive.mean = 0;
  }
  return subject;
}

SteerTask::SteerTask(const SteerOptions& options, std::int64_t num_envs, int num_threads)
    : tolerance_(options.tolerance),
      brain_(steered_subject(options), options.brain, num_envs, num_threads),
      targets_(brain_.subject(), options),
      observation_space_(
          uniform_box({brain_.recorded().size() + std::ssize(targets_.neurons())}, -1, 1)),
      target_(static_cast<std::size_t>(num_envs), std::vector<double>(targets_.neurons().size())) {
  brain_.watch(targets_.neurons());
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
  const Space allowed = uniform_box({std::ssize(targets_.neurons())}, -1, 1, DType::kFloat64);
  const std::string violation = allowed.violation(value);
  if (!violation.empty()) refuse("target", violation, "float64 rates of the stimulated neurons");
  return value.array()->values<double>();
}

void SteerTask::reset(std::int64_t env, std::uint64_t seed, const Dict& options,
                      std::span<float> observation, InfoTable& info) {
  const std::span<const double> given = target_option(options);
  target_[static_cast<std::size_t>(env)] =
      given.empty() ? targets_.draw(seed) : std::vector<double>(given.begin(), given.end());
  brain_.reset(env, seed);
  info.set("distance", env, std::sqrt(squared_distance(env)));
  observe(env, observation);
}

double SteerTask::squared_distance(std::int64_t env) const {
  const std::vector<double>& target = target_[static_cast<std::size_t>(env)];
  const ControlledBrain::Rates rates = brain_.watched_rates(env);
  double sum = 0;
  for (std::size_t k = 0; k < target.size(); ++k) {
    const double error = rates[targets_.neurons()[k]] - target[k];
    sum += error * error;
  }
  return sum / static_cast<double>(target.size());
}

void SteerTask::observe(std::int64_t env, std::span<float> observation) const {
  const auto recorded = static_cast<std::size_t>(brain_.recorded().size());
  brain_.observe(env, observation.first(recorded));
  const std::vector<double>& target = target_[static_cast<std::size_t>(env)];
  std::transform(target.begin(), target.end(), observation.subspan(recorded).begin(),
                 [](double level) { return static_cast<float>(level); });
}

void SteerTask::step(std::span<const float> actions, std::span<const std::uint8_t> active,
                     const TaskStep& out) {
  const auto n = static_cast<std::size_t>(num_envs());
  const auto action_size = static_cast<std::size_t>(action_space().flat_size());
  const auto observation_size = static_cast<std::size_t>(observation_space_.flat_size());
  std::vector<double> energy(n), distance(n);
  for (std::size_t e = 0; e < n; ++e) {
    if (active[e] == 0) continue;
    energy[e] =
        brain_.apply(static_cast<std::int64_t>(e), actions.subspan(e * action_size, action_size));
  }
  brain_.advance([&] {
    for (std::size_t e = 0; e < n; ++e) {
      distance[e] += squared_distance(static_cast<std::int64_t>(e));
    }
  });
  for (std::size_t e = 0; e < n; ++e) {
    if (active[e] == 0) continue;
    const auto env = static_cast<std::int64_t>(e);
    const double rms = std::sqrt(distance[e] / static_cast<double>(brain_.looks()));
    out.rewards[e] = -rms / kDistanceUnit - brain_.options().energy_weight * energy[e];
    out.terminated[e] = 0;
    out.info.set("charge", env, brain_.charge(env));
    out.info.set("distance", env, rms);
    out.info.set("energy", env, energy[e]);
    out.info.set("is_success", env, rms < tolerance_);
    observe(env, out.observations.subspan(e * observation_size, observation_size));
  }
}

void SteerTask::save(std::int64_t env, ByteWriter& out) const {
  out.put(std::string_view("Steer"));
  out.put(target_[static_cast<std::size_t>(env)]);
  brain_.save(env, out);
}

void SteerTask::load(std::int64_t env, ByteReader& in) {
  in.expect("Steer");
  auto target = in.get<std::vector<double>>();
  if (target.size() != targets_.neurons().size()) ByteReader::fail("a target of other sites");
  brain_.load(env, in);
  target_[static_cast<std::size_t>(env)] = std::move(target);
}

std::vector<RenderRow> SteerTask::render_rows(std::int64_t env) const {
  std::vector<RenderRow> rows = brain_.render_rows(env);
  rows.insert(rows.begin() + 1,
              {.name = "target", .values = target_[static_cast<std::size_t>(env)]});
  return rows;
}

}  // namespace noesis

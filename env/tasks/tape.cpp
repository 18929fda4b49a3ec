#include "env/tasks/tape.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.hpp"
#include "core/math.hpp"
#include "core/rng.hpp"
#include "env/tasks/reset_options.hpp"

namespace noesis {

SineTape::SineTape(const TapeOptions& options, std::uint64_t seed) {
  if (options.shortest_period > options.longest_period) {
    throw ConfigError({.what = "shortest_period is above longest_period",
                       .where = "shortest_period",
                       .got = std::to_string(options.shortest_period),
                       .allowed = "at most " + std::to_string(options.longest_period),
                       .next = {}});
  }
  RandomSequence random(seed, Stream::kTask);
  double sum = 0;
  for (std::int64_t k = 0; k < options.num_sines; ++k) {
    const double amplitude = 0.5 + 0.5 * random.uniform();
    const double octaves = math::log(options.longest_period / options.shortest_period);
    const double period = options.shortest_period * math::exp(octaves * random.uniform());
    sines_.push_back({amplitude, 1 / period, random.uniform()});
    sum += amplitude;
  }
  for (Sine& sine : sines_) sine.amplitude /= sum;
}

double SineTape::value(std::int64_t step) const {
  double sum = 0;
  for (const Sine& sine : sines_) {
    const double turns = sine.frequency * static_cast<double>(step) + sine.phase;
    sum += sine.amplitude * math::sin_turns(turns - std::floor(turns));
  }
  return sum;
}

double SineTape::persistence_error() const {
  double squares = 0;
  for (const Sine& sine : sines_) {
    const double swing = 2 * sine.amplitude * math::sin_turns(sine.frequency / 2);
    squares += swing * swing / 2;
  }
  return std::sqrt(squares);
}

TapeTask::TapeTask(const TapeOptions& options, std::int64_t num_envs, int)
    : options_(options),
      observation_space_(uniform_box({options.window}, -1, 1)),
      action_space_(uniform_box({1}, -1, 1)) {
  const Episode none{.tape = tape_of(0, 0)};
  episodes_.assign(static_cast<std::size_t>(num_envs), none);
}

SineTape TapeTask::tape_of(std::uint64_t seed, std::int64_t regime) const {
  // The regime's own seed, out of the episode's.
  const auto word = philox(seed, Stream::kTask, static_cast<std::uint64_t>(regime), 0, 1);
  return SineTape(options_, (static_cast<std::uint64_t>(word[0]) << 32) | word[1]);
}

double TapeTask::value(const Episode& episode, std::int64_t step) const {
  const std::int64_t regime =
      options_.regime_steps > 0 && step > 0 ? step / options_.regime_steps : 0;
  return regime == episode.regime ? episode.tape.value(step)
                                  : tape_of(episode.seed, regime).value(step);
}

void TapeTask::observe(const Episode& episode, std::span<float> observation) const {
  const auto size = static_cast<std::int64_t>(observation.size());
  for (std::int64_t k = 0; k < size; ++k) {
    const std::int64_t step = episode.step - size + 1 + k;  // negative: before the episode
    double seen = value(episode, step);
    if (options_.observation_noise > 0) {
      seen += options_.observation_noise *
              normal_pair(episode.seed, Stream::kObservation, static_cast<std::uint64_t>(step), 0)
                  .first;
    }
    observation[static_cast<std::size_t>(k)] = static_cast<float>(std::clamp(seen, -1.0, 1.0));
  }
}

void TapeTask::reset(std::int64_t env, std::uint64_t seed, const Dict& options,
                     std::span<float> observation, InfoTable&) {
  refuse_reset_options(options, "Tape");
  Episode& episode = episodes_[static_cast<std::size_t>(env)];
  episode = {.seed = seed, .tape = tape_of(seed, 0)};
  observe(episode, observation);
}

void TapeTask::step(std::span<const float> actions, std::span<const std::uint8_t> active,
                    const TaskStep& out) {
  const auto observation_size = static_cast<std::size_t>(observation_space_.flat_size());
  for (std::size_t e = 0; e < episodes_.size(); ++e) {
    if (active[e] == 0) continue;
    const auto env = static_cast<std::int64_t>(e);
    Episode& episode = episodes_[e];
    ++episode.step;
    if (options_.regime_steps > 0 && episode.step / options_.regime_steps != episode.regime) {
      episode.regime = episode.step / options_.regime_steps;
      episode.tape = tape_of(episode.seed, episode.regime);
    }
    episode.predicted = std::clamp(static_cast<double>(actions[e]), -1.0, 1.0);
    const double miss = std::abs(episode.predicted - value(episode, episode.step));
    const double error = miss / episode.tape.persistence_error();
    out.rewards[e] = -error;
    out.terminated[e] = 0;
    out.info.set("error", env, error);
    observe(episode, out.observations.subspan(e * observation_size, observation_size));
  }
}

void TapeTask::save(std::int64_t env, ByteWriter& out) const {
  const Episode& episode = episodes_[static_cast<std::size_t>(env)];
  out.put(std::string_view("Tape"));
  out.put(episode.seed);
  out.put(episode.step);
  out.put(episode.predicted);
}

void TapeTask::load(std::int64_t env, ByteReader& in) {
  in.expect("Tape");
  const auto seed = in.get<std::uint64_t>();
  const auto step = in.get<std::int64_t>();
  const auto predicted = in.get<double>();
  if (step < 0) ByteReader::fail("a step before the first");
  const std::int64_t regime = options_.regime_steps > 0 ? step / options_.regime_steps : 0;
  episodes_[static_cast<std::size_t>(env)] = {.seed = seed,
                                              .step = step,
                                              .predicted = predicted,
                                              .regime = regime,
                                              .tape = tape_of(seed, regime)};
}

std::vector<RenderRow> TapeTask::render_rows(std::int64_t env) const {
  const Episode& episode = episodes_[static_cast<std::size_t>(env)];
  return {{.name = "tape", .values = {value(episode, episode.step)}, .low = -1, .high = 1},
          {.name = "predicted", .values = {episode.predicted}, .low = -1, .high = 1}};
}

}  // namespace noesis

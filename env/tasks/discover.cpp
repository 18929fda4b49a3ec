#include "env/tasks/discover.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "env/render_graph.hpp"
#include "env/tasks/brain_bytes.hpp"
#include "env/tasks/reset_options.hpp"
#include "env/tasks/wilson_cowan_inverse.hpp"
#include "physics/generators.hpp"
#include "physics/subject.hpp"

namespace noesis {
namespace {

/// Time that a new brain settles for before the first step [tau].
constexpr double kSettling = 20;
/// Standard deviations of the noise between a measurement and either end of the sigmoid, where it
/// is linear enough for a normal error of the input.
constexpr double kLinear = 6;

/// A reference brain (physics/generators.hpp) with the options' wiring and drive.
Subject hidden_brain(const DiscoverOptions& options, std::uint64_t seed) {
  Subject subject = make_subject("reference-" + std::to_string(options.num_neurons), seed);
  const ReferenceParameters wiring{.num_neurons = options.num_neurons,
                                   .in_links = options.in_links};
  subject.connectome = std::make_shared<Connectome>(reference_connectome(wiring, seed));
  subject.brain.model.wilson_cowan.coupling = options.coupling;
  subject.brain.drive.mean = options.drive;
  subject.brain.noise.sigma = options.noise;
  return subject;
}

double weight_sd(const DiscoverOptions& options) {
  return 1 / std::sqrt(static_cast<double>(std::min(options.in_links, options.num_neurons - 1)));
}

}  // namespace

/// One hidden brain and what is known of it. Not movable: the simulation stays where it is.
struct DiscoverTask::Episode {
  Episode(std::uint64_t episode_seed, const DiscoverOptions& options, const ThreadArena& arena)
      : seed(episode_seed),
        subject(hidden_brain(options, seed)),
        brain({subject.connectome}, subject.brain, {seed}, arena, options.make_backend),
        slope(brain.shape()),
        drive(subject.brain.drive.values(options.num_neurons)),
        posterior(options.num_neurons, options.coupling * weight_sd(options)) {}

  std::uint64_t seed;
  Subject subject;
  Simulation<double> brain;
  State<double> slope;  ///< scratch
  std::vector<double> drive;
  GraphPosterior posterior;
  std::int64_t samples = 0;
  double score = 0;
};

DiscoverTask::DiscoverTask(const DiscoverOptions& options, std::int64_t num_envs, int num_threads)
    : options_(options),
      observation_space_(uniform_box({2 * options.num_neurons + 1}, -1, 1)),
      action_space_(uniform_box({options.num_neurons + 1}, -1, 1)),
      threads_(options.make_backend ? 1 : num_threads),  // it is called by one at a time
      one_thread_(1),
      episodes_(static_cast<std::size_t>(num_envs)) {}

DiscoverTask::~DiscoverTask() = default;

DiscoverTask::Episode& DiscoverTask::episode(std::int64_t env) const {
  auto& episode = episodes_[static_cast<std::size_t>(env)];
  ensure(episode != nullptr, "an environment is reset before it is used");
  return *episode;
}

std::unique_ptr<DiscoverTask::Episode> DiscoverTask::new_episode(std::uint64_t seed) const {
  return std::make_unique<Episode>(seed, options_, one_thread_);
}

void DiscoverTask::reset(std::int64_t env, std::uint64_t seed, const Dict& options,
                         std::span<float> observation, InfoTable& info) {
  refuse_reset_options(options, "Discover");
  auto fresh = new_episode(seed);
  fresh->brain.advance_to(kSettling * fresh->subject.tau_ms);
  fresh->score = fresh->posterior.auprc(*fresh->subject.connectome);
  info.set("auprc", env, fresh->score);
  observe(*fresh, observation);
  episodes_[static_cast<std::size_t>(env)] = std::move(fresh);
}

void DiscoverTask::take_sample(Episode& episode) const {
  const WilsonCowanParameters& model = episode.subject.brain.model.wilson_cowan;
  const double margin = kLinear * options_.measurement_noise;
  Simulation<double>& brain = episode.brain;
  brain.system().derivative(brain.state(), episode.slope);
  std::vector<double> rates;
  brain.output(0, rates);
  for (std::int64_t i = 0; i < options_.num_neurons; ++i) {
    const double e = brain.state().at(0, 0, i);
    const double noise =
        normal_pair(episode.seed, Stream::kObservation, static_cast<std::uint64_t>(episode.samples),
                    static_cast<std::uint32_t>(i))
            .first;
    const double measured =
        e + model.tau_e_ms * episode.slope.at(0, 0, i) + options_.measurement_noise * noise;
    if (measured < margin || measured > 1 - margin) continue;
    const auto seen = summed_input(model, e, brain.state().at(0, 1, i), measured);
    if (!seen.valid) continue;
    const double known =
        episode.drive[static_cast<std::size_t>(i)] + std::as_const(brain).surgeon().current(0, i);
    const double sd = options_.measurement_noise / seen.gain;
    episode.posterior.update(i, rates, seen.input - known, sd * sd);
  }
  ++episode.samples;
}

void DiscoverTask::intervene(Episode& episode, std::span<const float> action) const {
  const auto scores = action.first(static_cast<std::size_t>(options_.num_neurons));
  const auto site = std::max_element(scores.begin(), scores.end()) - scores.begin();
  const double share = std::clamp(static_cast<double>(action.back()), -1.0, 1.0);
  Simulation<double>& brain = episode.brain;
  const double sample_ms = episode.subject.interval * episode.subject.tau_ms;
  const double dt = episode.subject.brain.integrator.dt_ms;
  const std::int64_t steps = std::llround(sample_ms / dt);
  for (std::int64_t k = 0; k < options_.pulse_samples + options_.rest_samples; ++k) {
    if (episode.samples == options_.budget) break;
    const bool on = k < options_.pulse_samples;
    brain.surgeon().set_current(0, site, on ? share * options_.amplitude : 0);
    brain.advance_to(static_cast<double>(brain.num_steps() + steps) * dt);
    take_sample(episode);
  }
  brain.surgeon().set_current(0, site, 0);
}

void DiscoverTask::observe(const Episode& episode, std::span<float> observation) const {
  const auto n = static_cast<std::size_t>(options_.num_neurons);
  for (std::size_t i = 0; i < n; ++i) {
    const auto neuron = static_cast<std::int64_t>(i);
    const double rate = episode.brain.state().at(0, 0, neuron);
    observation[i] = static_cast<float>(std::clamp(rate, -1.0, 1.0));
    observation[n + i] = static_cast<float>(std::min(episode.posterior.uncertainty(neuron), 1.0));
  }
  observation[2 * n] = static_cast<float>(1 - static_cast<double>(episode.samples) /
                                                  static_cast<double>(options_.budget));
}

void DiscoverTask::step(std::span<const float> actions, std::span<const std::uint8_t> active,
                        const TaskStep& out) {
  const auto action_size = static_cast<std::size_t>(action_space_.flat_size());
  const auto observation_size = static_cast<std::size_t>(observation_space_.flat_size());
  threads_.parallel_for(num_envs(), 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t env = first; env < last; ++env) {
      const auto e = static_cast<std::size_t>(env);
      if (active[e] == 0) continue;
      Episode& one = episode(env);
      intervene(one, actions.subspan(e * action_size, action_size));
      const double score = one.posterior.auprc(*one.subject.connectome);
      out.rewards[e] = score - one.score;
      one.score = score;
      out.terminated[e] = one.samples >= options_.budget;
      observe(one, out.observations.subspan(e * observation_size, observation_size));
    }
  });
  for (std::int64_t env = 0; env < num_envs(); ++env) {
    if (active[static_cast<std::size_t>(env)] == 0) continue;
    out.info.set("auprc", env, episode(env).score);
    out.info.set("samples", env, static_cast<double>(episode(env).samples));
  }
}

void DiscoverTask::save(std::int64_t env, ByteWriter& out) const {
  const Episode& one = episode(env);
  out.put(std::string_view("Discover"));
  out.put(one.seed);
  out.put(one.samples);
  out.put(one.score);
  save_brain(one.brain.snapshot(0), out);
  one.posterior.save(out);
}

void DiscoverTask::load(std::int64_t env, ByteReader& in) {
  in.expect("Discover");
  auto one = new_episode(in.get<std::uint64_t>());
  in.get(one->samples);
  in.get(one->score);
  one->brain.restore(0, load_brain(in, one->brain.shape()));
  one->posterior.load(in);
  episodes_[static_cast<std::size_t>(env)] = std::move(one);
}

std::vector<RenderRow> DiscoverTask::render_rows(std::int64_t env) const {
  const Episode& one = episode(env);
  RenderRow rates{.name = "rate", .values = {}};
  RenderRow uncertainty{.name = "uncertainty", .values = {}};
  for (std::int64_t i = 0; i < options_.num_neurons; ++i) {
    rates.values.push_back(one.brain.state().at(0, 0, i));
    uncertainty.values.push_back(one.posterior.uncertainty(i));
  }
  return {rates, uncertainty, {.name = "AUPRC", .values = {one.score}}};
}

/// The hidden brain: for those who watch; the agent does not see it.
RenderGraph DiscoverTask::render_graph(std::int64_t env) const {
  const Episode& one = episode(env);
  std::vector<double> levels;
  for (std::int64_t i = 0; i < options_.num_neurons; ++i) {
    levels.push_back(one.brain.state().at(0, 0, i));
  }
  return make_render_graph(*one.subject.connectome, std::move(levels));
}

}  // namespace noesis

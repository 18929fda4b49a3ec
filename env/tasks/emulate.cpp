#include "env/tasks/emulate.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "env/render_graph.hpp"
#include "env/tasks/reset_options.hpp"

namespace noesis {
namespace {

Subject make_process_subject(const EmulateOptions& options) {
  Subject subject = make_subject(options.subject, static_cast<std::uint64_t>(options.brain_seed));
  subject.transient = options.transient;
  subject.make_backend = options.make_backend;
  return subject;
}

std::span<const float> row(std::span<const float> values, std::size_t env, std::size_t size) {
  return values.subspan(env * size, size);
}

}  // namespace

EmulateTask::EmulateTask(const EmulateOptions& options, std::int64_t num_envs, int num_threads)
    : options_(options),
      subject_(make_process_subject(options)),
      arena_(num_threads),
      process_(make_process(subject_, arena_, options.noise)),
      scale_(subject_, options),
      climate_(*process_, scale_, options.window),
      observation_space_(uniform_box({subject_.num_units + subject_.num_sites + 1}, -1, 1)),
      action_space_(uniform_box({subject_.num_units}, -1, 1)),
      episodes_(static_cast<std::size_t>(num_envs)),
      states_(episodes_.size()) {
  for (Episode& episode : episodes_) {
    episode.units.resize(static_cast<std::size_t>(subject_.num_units));
    episode.before = episode.units;
  }
}

/// At each sample without a touch, one begins with the chance that makes the fraction wanted.
void EmulateTask::choose_touch(Episode& episode) const {
  if (episode.touch_left > 0) --episode.touch_left;
  if (!listening(episode)) episode.touch_left = 0;
  if (episode.touch_left > 0 || !listening(episode)) return;
  const auto length = static_cast<double>(subject_.pulse_samples);
  const double fraction = options_.touched_fraction;
  const double begins = fraction / (fraction + length * (1 - fraction));
  const auto step = static_cast<std::uint64_t>(episode.step);
  const RandomPair when = uniform_pair(episode.seed, Stream::kTask, step, 1, 0);
  const RandomPair what = uniform_pair(episode.seed, Stream::kTask, step, 1, 1);
  if (when.first >= begins) return;
  episode.touch_left = subject_.pulse_samples;
  episode.site =
      std::min(static_cast<std::int64_t>(what.first * static_cast<double>(subject_.num_sites)),
               subject_.num_sites - 1);
  episode.level = 2 * what.second - 1;
}

void EmulateTask::observe(const Episode& episode, std::span<float> observation) const {
  std::fill(observation.begin(), observation.end(), 0.0f);
  if (!listening(episode)) return;
  std::copy(episode.units.begin(), episode.units.end(), observation.begin());
  if (episode.touch_left > 0) {
    observation[episode.units.size() + static_cast<std::size_t>(episode.site)] =
        static_cast<float>(episode.level);
  }
  observation.back() = 1;
}

void EmulateTask::write_units(std::size_t env, std::span<const double> values) {
  std::vector<float>& units = episodes_[env].units;
  for (std::size_t u = 0; u < units.size(); ++u) {
    units[u] = scale_.scaled(static_cast<std::int64_t>(u), values[u]);
  }
}

void EmulateTask::reset(std::int64_t env, std::uint64_t seed, const Dict& options,
                        std::span<float> observation, InfoTable&) {
  refuse_reset_options(options, "Emulate");
  const auto e = static_cast<std::size_t>(env);
  Episode& episode = episodes_[e];
  states_[e] = process_->start(seed);
  const std::vector<double> no_touch(static_cast<std::size_t>(subject_.num_sites));
  std::vector<double> values(episode.units.size());
  process_->step({&states_[e], 1}, no_touch, values);
  write_units(e, values);
  episode.seed = seed;
  episode.step = episode.touch_left = 0;
  std::fill(episode.before.begin(), episode.before.end(), 0.0f);
  episode.free_run.clear();
  choose_touch(episode);
  observe(episode, observation);
}

double EmulateTask::error(const Episode& episode, std::span<const float> prediction) const {
  double squares = 0;
  for (std::size_t u = 0; u < prediction.size(); ++u) {
    const double miss = static_cast<double>(prediction[u]) - episode.units[u];
    squares += miss * miss;
  }
  return std::sqrt(squares / static_cast<double>(prediction.size())) / climate_.persistence_error();
}

void EmulateTask::judge(std::int64_t env, std::span<const float> prediction, const TaskStep& out) {
  const auto e = static_cast<std::size_t>(env);
  Episode& episode = episodes_[e];
  const double miss = error(episode, prediction);
  out.info.set("error", env, miss);
  out.terminated[e] = 0;
  out.rewards[e] = 0;
  if (listening(episode)) {
    out.rewards[e] = -miss;
    std::copy(prediction.begin(), prediction.end(), episode.before.begin());
    return;
  }
  episode.free_run.insert(episode.free_run.end(), prediction.begin(), prediction.end());
  const auto whole = static_cast<std::size_t>(options_.window) * prediction.size();
  if (episode.free_run.size() < whole) return;
  const double distance = climate_.distance(episode.free_run, episode.before);
  out.info.set("distance", env, distance);
  out.rewards[e] = -distance * static_cast<double>(options_.window);
  std::copy(prediction.begin(), prediction.end(), episode.before.begin());
  episode.free_run.clear();
}

void EmulateTask::step(std::span<const float> actions, std::span<const std::uint8_t> active,
                       const TaskStep& out) {
  const std::size_t n = episodes_.size();
  const auto units = static_cast<std::size_t>(subject_.num_units);
  const auto sites = static_cast<std::size_t>(subject_.num_sites);
  const auto observation_size = static_cast<std::size_t>(observation_space_.flat_size());
  std::vector<double> inputs(n * sites), values(n * units);
  for (std::size_t e = 0; e < n; ++e) {
    const Episode& episode = episodes_[e];
    if (episode.touch_left == 0) continue;
    inputs[e * sites + static_cast<std::size_t>(episode.site)] =
        episode.level * scale_.touch_unit();
  }
  process_->step(states_, inputs, values);
  std::vector<float> prediction(units);
  for (std::size_t e = 0; e < n; ++e) {
    if (active[e] == 0) continue;
    write_units(e, std::span(values).subspan(e * units, units));
    const auto given = row(actions, e, units);
    std::transform(given.begin(), given.end(), prediction.begin(),
                   [](float x) { return std::clamp(x, -1.0f, 1.0f); });
    judge(static_cast<std::int64_t>(e), prediction, out);
    ++episodes_[e].step;
    choose_touch(episodes_[e]);
    observe(episodes_[e], out.observations.subspan(e * observation_size, observation_size));
  }
}

void EmulateTask::save(std::int64_t env, ByteWriter& out) const {
  const auto e = static_cast<std::size_t>(env);
  const Episode& episode = episodes_[e];
  out.put(std::string_view("Emulate"));
  out.put(episode.seed);
  out.put(episode.step);
  out.put(episode.touch_left);
  out.put(episode.site);
  out.put(episode.level);
  out.put(episode.units);
  out.put(episode.before);
  out.put(episode.free_run);
  out.put(states_[e]);
}

void EmulateTask::load(std::int64_t env, ByteReader& in) {
  const auto e = static_cast<std::size_t>(env);
  in.expect("Emulate");
  Episode episode;
  in.get(episode.seed);
  in.get(episode.step);
  in.get(episode.touch_left);
  in.get(episode.site);
  in.get(episode.level);
  in.get(episode.units);
  in.get(episode.before);
  in.get(episode.free_run);
  const auto state = in.get<Process::State>();
  const std::size_t units = episodes_[e].units.size();
  if (episode.units.size() != units || episode.before.size() != units ||
      episode.free_run.size() % units != 0 || episode.site < 0 ||
      episode.free_run.size() >= units * static_cast<std::size_t>(options_.window) ||
      episode.site >= subject_.num_sites || state.size() != process_->start(0).size()) {
    ByteReader::fail("an episode of another subject");
  }
  episodes_[e] = std::move(episode);
  states_[e] = state;
}

std::vector<RenderRow> EmulateTask::render_rows(std::int64_t env) const {
  const Episode& episode = episodes_[static_cast<std::size_t>(env)];
  const auto as_row = [](const char* name, const std::vector<float>& values) {
    return RenderRow{name, std::vector<double>(values.begin(), values.end()), -1, 1};
  };
  std::vector<float> predicted = episode.before;
  if (!episode.free_run.empty()) {
    predicted.assign(episode.free_run.end() - std::ssize(predicted), episode.free_run.end());
  }
  return {as_row("subject", episode.units), as_row("predicted", predicted)};
}

RenderGraph EmulateTask::render_graph(std::int64_t env) const {
  const bool is_brain = subject_.connectome->num_neurons() == subject_.num_units;
  if (!is_brain) return {};
  std::vector<double> levels;
  for (const float unit : episodes_[static_cast<std::size_t>(env)].units) {
    levels.push_back((1.0 + unit) / 2);
  }
  return make_render_graph(*subject_.connectome, std::move(levels));
}

}  // namespace noesis

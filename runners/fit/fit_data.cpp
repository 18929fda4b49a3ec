#include "runners/fit/fit_data.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/hdf5_file.hpp"
#include "core/rng.hpp"
#include "physics/simulate_config.hpp"
#include "physics/stimulus.hpp"

namespace noesis {
namespace {

enum Purpose : std::uint32_t { kStart = 1, kExcitation };

[[noreturn]] void refuse(std::string what, std::string where, std::string got, std::string allowed,
                         std::string next = {}) {
  throw ConfigError(
      {std::move(what), std::move(where), std::move(got), std::move(allowed), std::move(next)});
}

std::int64_t wanted_samples(const FitBrainSpec& spec) {
  return spec.samples.back() + spec.held_out;
}

/// What the planted brain does, and the currents that it does it under.
ActivityData simulate_activity(const FitBrainSpec& spec, const BrainSpec& brain,
                               const ConnectomePtr& connectome, std::uint64_t seed,
                               const ThreadArena& arena) {
  std::vector<std::uint64_t> seeds;
  for (std::int64_t e = 0; e < spec.num_envs; ++e) seeds.push_back(fit_seed(seed, kStart, e));
  Simulation<double> simulation({connectome}, brain, seeds, arena);
  const std::int64_t components = spec.all_components ? simulation.shape().num_components : 1;
  const std::int64_t n = connectome->num_neurons(), count = wanted_samples(spec);
  ActivityData activity;
  activity.samples = torch::empty({spec.num_envs, count, components, n}, torch::kFloat64);
  activity.current = torch::zeros({spec.num_envs, count - 1, n}, torch::kFloat64);
  auto at = activity.samples.accessor<double, 4>();
  auto current = activity.current.accessor<double, 3>();
  const double dt = brain.integrator.dt_ms;
  const auto first = std::llround(spec.transient_ms / dt);
  const auto each = std::llround(spec.interval_ms / dt);
  for (std::int64_t t = 0; t < count; ++t) {
    simulation.advance_to(static_cast<double>(first + t * each) * dt);
    for (std::int64_t e = 0; e < spec.num_envs; ++e) {
      for (std::int64_t c = 0; c < components; ++c) {
        for (std::int64_t i = 0; i < n; ++i) {
          at[e][t][c][i] = simulation.state().at(e, static_cast<int>(c), i);
        }
      }
      if (spec.excitation == 0 || t + 1 == count) continue;
      for (std::int64_t i = 0; i < n; ++i) {
        const double u = uniform_pair(fit_seed(seed, kExcitation, e), Stream::kTask,
                                      static_cast<std::uint64_t>(t), static_cast<std::uint32_t>(i))
                             .first;
        current[e][t][i] = spec.excitation * (2 * u - 1);
        simulation.surgeon().set_current(e, i, current[e][t][i]);
      }
    }
  }
  if (spec.excitation == 0) activity.current = torch::Tensor();
  return activity;
}

torch::Tensor read_samples(const FitBrainSpec& spec, std::int64_t num_neurons) {
  const Hdf5File file = Hdf5File::open(spec.recording);
  std::vector<std::string> names = component_names(spec.brain.model);
  if (!file.contains(names.back())) names.resize(1);
  const std::vector<std::int64_t> ids = file.read<std::int64_t>("neuron_id");
  const bool all = std::cmp_equal(ids.size(), num_neurons) && std::ranges::is_sorted(ids) &&
                   ids.front() == 0 && ids.back() == num_neurons - 1;
  if (!all) {
    refuse("not a recording of all neurons of the connectome", spec.recording,
           std::to_string(ids.size()) + " neurons", std::to_string(num_neurons),
           "record without record.neurons, and name the connectome that was simulated");
  }
  const std::int64_t there = file.shape("time_ms").at(0);
  if (there < wanted_samples(spec)) {
    refuse("too few samples for the lengths and what is held out", spec.recording,
           std::to_string(there), "at least " + std::to_string(wanted_samples(spec)),
           "record longer, or lower samples or held_out");
  }
  const std::int64_t envs = file.shape(names.front()).at(1);
  std::vector<torch::Tensor> components;
  for (const std::string& name : names) {
    if (file.shape(name) != Hdf5Shape{there, envs, num_neurons}) {
      refuse("an array of another shape", file.where(name), {},
             std::to_string(there) + " x " + std::to_string(envs) + " x " +
                 std::to_string(num_neurons));
    }
    std::vector<double> rows = file.read_rows<double>(name, 0, wanted_samples(spec));
    components.push_back(
        torch::from_blob(rows.data(), {wanted_samples(spec), envs, num_neurons}, torch::kFloat64)
            .transpose(0, 1)
            .clone());
  }
  return torch::stack(components, 2).contiguous();
}

/// The currents of the recording's stimuli (num_envs x num_samples - 1 x num_neurons), or
/// undefined.
torch::Tensor read_currents(const FitBrainSpec& spec, const ConnectomePtr& connectome,
                            std::int64_t num_envs) {
  const Hdf5File file = Hdf5File::open(spec.recording);
  const auto recorded = parse_config<SimulateConfig>(file.string_attribute("/", "config"),
                                                     spec.recording + ": config");
  if (recorded.stimulus.empty()) return {};
  const double start = recorded.record.start_ms, interval = recorded.record.interval_ms;
  const std::int64_t intervals = wanted_samples(spec) - 1;
  const double end = start + static_cast<double>(intervals) * interval;
  for (const StimulusSpec& stimulus : recorded.stimulus) {
    if (stimulus.kind != "current" && stimulus.start_ms < end) {
      refuse("interventions other than currents cannot be fitted through", spec.recording,
             "a stimulus of kind \"" + stimulus.kind + "\"", "\"current\"",
             "lower samples and held_out so that they end before it");
    }
    for (const double event : {stimulus.start_ms, stimulus.stop_ms}) {
      const double sample = (event - start) / interval;
      if (event > start && event < end && std::abs(sample - std::round(sample)) > 1e-6) {
        refuse("a current changes between two samples", spec.recording,
               std::to_string(event) + " ms",
               "multiples of record.interval_ms after record.start_ms");
      }
    }
  }
  torch::Tensor current =
      torch::zeros({num_envs, intervals, connectome->num_neurons()}, torch::kFloat64);
  auto at = current.accessor<double, 3>();
  for (const StimulusSpec& stimulus : recorded.stimulus) {
    if (stimulus.kind != "current") continue;
    std::vector<std::int64_t> envs = stimulus.environments;
    for (std::int64_t e = 0; stimulus.environments.empty() && e < num_envs; ++e) envs.push_back(e);
    const auto neurons = resolve_neurons(stimulus.neurons, *connectome, "stimulus.neurons");
    for (std::int64_t t = 0; t < intervals; ++t) {
      const double middle = start + (static_cast<double>(t) + 0.5) * interval;
      if (middle < stimulus.start_ms || middle >= stimulus.stop_ms) continue;
      for (const std::int64_t e : envs) {
        for (const std::int64_t i : neurons) at[e][t][i] += stimulus.value;
      }
    }
  }
  return current;
}

}  // namespace

std::uint64_t fit_seed(std::uint64_t seed, std::uint32_t purpose, std::int64_t index) {
  const auto word = philox(seed, Stream::kTask, purpose, static_cast<std::uint32_t>(index));
  return (static_cast<std::uint64_t>(word[0] & 0x3fffffffu) << 32) | word[1];
}

RecordedBrain record_brain(const FitBrainSpec& spec, std::uint64_t seed, std::int64_t replicate,
                           const ThreadArena& arena) {
  RecordedBrain found;
  found.connectome = make_connectome(spec.connectome, static_cast<std::uint64_t>(replicate));
  BrainSpec brain = spec.brain;
  brain.drive.seed += replicate;
  const std::vector<double> drive = brain.drive.values(found.connectome->num_neurons());
  found.bias = torch::tensor(drive, torch::kFloat64);
  found.plan = {.integrator = brain.integrator.name,
                .dt_ms = brain.integrator.dt_ms,
                .num_samples = 1,
                .steps_per_sample = std::llround(spec.interval_ms / brain.integrator.dt_ms)};
  if (spec.recording.empty()) {
    found.activity = simulate_activity(spec, brain, found.connectome,
                                       seed + static_cast<std::uint64_t>(replicate), arena);
  } else {
    found.activity.samples = read_samples(spec, found.connectome->num_neurons());
    found.activity.current = read_currents(spec, found.connectome, found.activity.num_envs());
  }
  return found;
}

ActivityData with_noise(const ActivityData& activity, double sd, std::uint64_t seed) {
  if (sd == 0) return activity;
  ActivityData noisy = {activity.samples.clone(), activity.current};
  const torch::Tensor scale = activity.samples.flatten(0, 1).std(0, false) * sd;
  const auto of = scale.accessor<double, 2>();
  auto at = noisy.samples.accessor<double, 4>();
  for (std::int64_t e = 0; e < at.size(0); ++e) {
    for (std::int64_t t = 0; t < at.size(1); ++t) {
      for (std::int64_t c = 0; c < at.size(2); ++c) {
        for (std::int64_t i = 0; i < at.size(3); ++i) {
          at[e][t][c][i] +=
              of[c][i] * normal_pair(seed + static_cast<std::uint64_t>(e), Stream::kObservation,
                                     static_cast<std::uint64_t>(t), static_cast<std::uint32_t>(i),
                                     static_cast<std::uint32_t>(c))
                             .first;
        }
      }
    }
  }
  return noisy;
}

ActivityData shifted(const ActivityData& activity, std::uint64_t seed) {
  ActivityData turned = {activity.samples.clone(), activity.current};
  const std::int64_t samples = activity.num_samples();
  RandomSequence random(seed, Stream::kSurrogate);
  for (std::int64_t i = 0; i < activity.samples.size(3); ++i) {
    const auto span = static_cast<std::uint64_t>(std::max<std::int64_t>(1, samples / 2));
    const auto lag = samples / 4 + static_cast<std::int64_t>(random.below(span));
    turned.samples.select(3, i).copy_(activity.samples.select(3, i).roll(lag, 1));
  }
  return turned;
}

}  // namespace noesis

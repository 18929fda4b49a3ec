#include "physics/scheduled_simulation.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace noesis {
namespace {

/// The next environments count up.
std::vector<std::uint64_t> seeds_of(const SimulateConfig& config) {
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(config.num_envs));
  for (std::size_t e = 0; e < seeds.size(); ++e) {
    seeds[e] = static_cast<std::uint64_t>(config.seed) + e;
  }
  return seeds;
}

}  // namespace

std::vector<ConnectomePtr> make_connectomes(const SimulateConfig& config) {
  std::vector<ConnectomePtr> connectomes;
  const std::int64_t count = config.batch == "per_env" ? config.num_envs : 1;
  for (std::int64_t e = 0; e < count; ++e) {
    connectomes.push_back(make_connectome(config.connectome, static_cast<std::uint64_t>(e)));
  }
  return connectomes;
}

std::int64_t num_samples(const SimulateConfig& config) {
  const double span = config.duration_ms - config.record.start_ms;
  if (span < 0) {
    throw ConfigError({.what = "recording starts after the end",
                       .where = "record.start_ms",
                       .got = std::to_string(config.record.start_ms),
                       .allowed = "at most duration_ms = " + std::to_string(config.duration_ms),
                       .next = {}});
  }
  return 1 + static_cast<std::int64_t>(std::floor(span / config.record.interval_ms * (1 + 1e-12)));
}

double sample_time_ms(const SimulateConfig& config, std::int64_t k) {
  return config.record.start_ms + static_cast<double>(k) * config.record.interval_ms;
}

std::vector<std::int64_t> recorded_neurons(const SimulateConfig& config,
                                           const Connectome& connectome) {
  std::vector<std::int64_t> ids =
      resolve_neurons(config.record.neurons, connectome, "record.neurons");
  const std::int64_t sample = config.record.sample_neurons;
  const auto all = std::ssize(ids);
  if (config.record.neurons.empty() && sample > 0 && sample < all) {
    for (std::int64_t k = 0; k < sample; ++k) ids[static_cast<std::size_t>(k)] = k * all / sample;
    ids.resize(static_cast<std::size_t>(sample));
  }
  return ids;
}

std::vector<std::string> recorded_components(const SimulateConfig& config) {
  std::vector<std::string> names = component_names(config.brain.model);
  if (!config.record.all_components) names.resize(1);
  return names;
}

std::string name_of_neuron(const Connectome& connectome, std::int64_t id) {
  const std::vector<std::string>& names = connectome.neurons().name;
  return names.empty() ? std::to_string(id) : names[static_cast<std::size_t>(id)];
}

template <Real T>
ScheduledSimulation<T>::ScheduledSimulation(const SimulateConfig& config,
                                            const std::vector<ConnectomePtr>& connectomes,
                                            const ThreadArena& arena,
                                            const BackendFactory<T>& make_backend)
    : duration_ms_(config.duration_ms),
      schedule_(config.stimulus, *connectomes.front(), config),
      simulation_(connectomes, config.brain, seeds_of(config), arena, make_backend),
      event_(schedule_.events().begin()) {}

template <Real T>
void ScheduledSimulation<T>::advance_to(double t_ms, double limit_ms) {
  const auto end = schedule_.events().end();
  for (; event_ != end && *event_ <= t_ms; ++event_) {
    simulation_.advance_to(*event_);
    schedule_.apply(*event_, simulation_);
  }
  const bool changes = event_ != end && *event_ < duration_ms_;
  simulation_.advance_to(t_ms, changes ? std::min(*event_, limit_ms) : limit_ms);
}

template class ScheduledSimulation<float>;
template class ScheduledSimulation<double>;

}  // namespace noesis

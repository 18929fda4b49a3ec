#include "physics/stimulus.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "core/error.hpp"

namespace noesis {

std::vector<std::int64_t> resolve_neurons(const std::vector<std::string>& names,
                                          const Connectome& connectome, const std::string& key) {
  std::vector<std::int64_t> ids;
  if (names.empty()) {
    ids.resize(static_cast<std::size_t>(connectome.num_neurons()));
    std::iota(ids.begin(), ids.end(), 0);
    return ids;
  }
  for (const std::string& name : names) {
    std::int64_t id = -1;
    const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (code != std::errc() || end != name.data() + name.size()) {
      try {
        ids.push_back(connectome.neuron_id(name));
      } catch (const ConfigError& error) {
        ErrorParts parts = error.parts();
        parts.where = key;
        throw ConfigError(parts);
      }
      continue;
    }
    if (id < 0 || id >= connectome.num_neurons()) {
      throw ConfigError(
          {.what = "no such neuron",
           .where = key,
           .got = name,
           .allowed = "a name, or 0 to " + std::to_string(connectome.num_neurons() - 1),
           .next = {}});
    }
    ids.push_back(id);
  }
  return ids;
}

namespace {

void require_on_grid(double time_ms, double dt_ms, const std::string& key) {
  const double steps = time_ms / dt_ms;
  if (std::abs(steps - std::round(steps)) <= 1e-6 * std::max(1.0, std::abs(steps) * 1e-3)) return;
  throw ConfigError({.what = "inputs change between two steps",
                     .where = key,
                     .got = std::to_string(time_ms) + " ms",
                     .allowed = "a multiple of integrator.dt_ms = " + std::to_string(dt_ms),
                     .next = {}});
}

}  // namespace

StimulusSchedule::StimulusSchedule(const std::vector<StimulusSpec>& stimuli,
                                   const Connectome& connectome, const SimulateConfig& config) {
  const std::int64_t num_envs = config.num_envs;
  for (std::size_t k = 0; k < stimuli.size(); ++k) {
    const std::string key = "stimulus." + std::to_string(k);
    Item item{stimuli[k], resolve_neurons(stimuli[k].neurons, connectome, key + ".neurons"), {}};
    if (item.spec.kind != "lesion" && item.spec.stop_ms <= item.spec.start_ms) {
      throw ConfigError({.what = "a stimulus ends after it begins",
                         .where = key + ".stop_ms",
                         .got = std::to_string(item.spec.stop_ms),
                         .allowed = "above start_ms = " + std::to_string(item.spec.start_ms),
                         .next = {}});
    }
    if (item.spec.start_ms > config.duration_ms) unreached_.push_back(key);
    if (!config.brain.integrator.adaptive()) {
      if (item.spec.start_ms <= config.duration_ms) {
        require_on_grid(item.spec.start_ms, config.brain.integrator.dt_ms, key + ".start_ms");
      }
      if (item.spec.kind != "lesion" && item.spec.stop_ms <= config.duration_ms) {
        require_on_grid(item.spec.stop_ms, config.brain.integrator.dt_ms, key + ".stop_ms");
      }
    }
    item.environments = item.spec.environments;
    if (item.environments.empty()) {
      item.environments.resize(static_cast<std::size_t>(num_envs));
      std::iota(item.environments.begin(), item.environments.end(), 0);
    }
    for (const std::int64_t env : item.environments) {
      if (env < 0 || env >= num_envs) {
        throw ConfigError({.what = "no such environment",
                           .where = key + ".environments",
                           .got = std::to_string(env),
                           .allowed = "0 to " + std::to_string(num_envs - 1),
                           .next = {}});
      }
    }
    events_.insert(item.spec.start_ms);
    if (item.spec.kind != "lesion") events_.insert(item.spec.stop_ms);
    items_.push_back(std::move(item));
  }
}

template <Real T>
void StimulusSchedule::apply(double t_ms, Simulation<T>& simulation) const {
  Surgeon<T>& surgeon = simulation.surgeon();
  std::map<std::pair<std::int64_t, std::int64_t>, double> currents;
  std::map<std::int64_t, double> errors;
  const auto each = [](const Item& item, const auto& body) {
    for (const std::int64_t env : item.environments) {
      for (const std::int64_t neuron : item.neurons) body(env, neuron);
    }
  };
  // First everything that any stimulus touches is let go, then what holds now is set.
  for (const Item& item : items_) {
    if (item.spec.kind == "error") {
      const bool holds = t_ms >= item.spec.start_ms && t_ms < item.spec.stop_ms;
      for (const std::int64_t env : item.environments) errors[env] += holds ? item.spec.value : 0;
      continue;
    }
    each(item, [&](std::int64_t env, std::int64_t neuron) {
      if (item.spec.kind == "current") currents[{env, neuron}] = 0;
      if (item.spec.kind == "silence") surgeon.silence(env, neuron, false);
      if (item.spec.kind == "clamp") surgeon.release(env, neuron);
    });
  }
  for (const Item& item : items_) {
    const bool lesion = item.spec.kind == "lesion";
    if (t_ms < item.spec.start_ms || (!lesion && t_ms >= item.spec.stop_ms)) continue;
    each(item, [&](std::int64_t env, std::int64_t neuron) {
      if (item.spec.kind == "current") currents[{env, neuron}] += item.spec.value;
      if (item.spec.kind == "silence") surgeon.silence(env, neuron);
      if (item.spec.kind == "clamp") surgeon.clamp(env, neuron, item.spec.value);
      if (lesion) surgeon.lesion(env, neuron);
    });
  }
  for (const auto& [env, error] : errors) simulation.set_error(env, error);
  for (const auto& [at, amplitude] : currents) surgeon.set_current(at.first, at.second, amplitude);
}

template void StimulusSchedule::apply<float>(double, Simulation<float>&) const;
template void StimulusSchedule::apply<double>(double, Simulation<double>&) const;

}  // namespace noesis

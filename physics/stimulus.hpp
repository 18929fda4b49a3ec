#pragma once
/// A schedule of interventions, applied to a simulation as time passes.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "physics/simulate_config.hpp"
#include "physics/simulation.hpp"

namespace noesis {

/// Ids of neurons given by name or number; empty means all. @throws ConfigError naming `key`, with
/// the nearest names.
std::vector<std::int64_t> resolve_neurons(const std::vector<std::string>& names,
                                          const Connectome& connectome, const std::string& key);

class StimulusSchedule {
 public:
  /// @throws ConfigError for unknown neurons or environments, a stop that is not after its start,
  /// and times between the steps of an integrator of fixed ones.
  StimulusSchedule(const std::vector<StimulusSpec>& stimuli, const Connectome& connectome,
                   const SimulateConfig& config);

  /// Times at which inputs change [ms], ascending.
  const std::set<double>& events() const noexcept { return events_; }

  /// Keys of the stimuli that begin after the end of the run: they do nothing.
  const std::vector<std::string>& unreached() const noexcept { return unreached_; }

  /// Sets the interventions that hold from time t on. Currents on one neuron add up, and so do
  /// errors; of several clamps the last one in the configuration wins.
  template <Real T>
  void apply(double t_ms, Simulation<T>& simulation) const;

 private:
  struct Item {
    StimulusSpec spec;
    std::vector<std::int64_t> neurons;
    std::vector<std::int64_t> environments;
  };
  std::vector<Item> items_;
  std::set<double> events_;
  std::vector<std::string> unreached_;
};

}  // namespace noesis

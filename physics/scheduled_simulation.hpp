#pragma once
/// A configuration of `simulate` in time: its brains, with its stimuli applied as time passes, and
/// when what is recorded. The command and Python are made of it, so that they have the same bits.

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "physics/simulate_config.hpp"
#include "physics/simulation.hpp"
#include "physics/stimulus.hpp"

namespace noesis {

/// One connectome for all environments, or one for each. @throws ConfigError.
std::vector<ConnectomePtr> make_connectomes(const SimulateConfig& config);

/// How many samples are recorded, the last one at or before the end. @throws ConfigError when
/// recording starts after it.
std::int64_t num_samples(const SimulateConfig& config);
/// When sample k is due [ms].
double sample_time_ms(const SimulateConfig& config, std::int64_t k);

/// Ids of the neurons that are recorded. @throws ConfigError for one that there is not.
std::vector<std::int64_t> recorded_neurons(const SimulateConfig& config,
                                           const Connectome& connectome);
/// Names of the state variables that are recorded.
std::vector<std::string> recorded_components(const SimulateConfig& config);
/// A neuron's name, its id where it has none.
std::string name_of_neuron(const Connectome& connectome, std::int64_t id);

/// Not thread-safe; the arena must outlive it.
template <Real T>
class ScheduledSimulation {
 public:
  /// `connectomes` as of make_connectomes(). @throws ConfigError as StimulusSchedule and Simulation
  /// do.
  ScheduledSimulation(const SimulateConfig& config, const std::vector<ConnectomePtr>& connectomes,
                      const ThreadArena& arena, const BackendFactory<T>& make_backend = {});
  ScheduledSimulation(const ScheduledSimulation&) = delete;
  ScheduledSimulation& operator=(const ScheduledSimulation&) = delete;

  Simulation<T>& simulation() noexcept { return simulation_; }
  const Simulation<T>& simulation() const noexcept { return simulation_; }
  const StimulusSchedule& schedule() const noexcept { return schedule_; }

  /// Advances to t, and has applied what begins or ends until then and at t. Adaptive steps may go
  /// past t, but not past `limit_ms`: with that at t, inputs may be changed by hand there. Calls in
  /// between under the same limit change no bit. @throws as Simulation::advance_to.
  void advance_to(double t_ms, double limit_ms = std::numeric_limits<double>::infinity());

  /// After a checkpoint was read: what was due until then was applied.
  void resume() { event_ = schedule_.events().upper_bound(simulation_.time_ms()); }

 private:
  double duration_ms_;
  StimulusSchedule schedule_;
  Simulation<T> simulation_;
  std::set<double>::const_iterator event_;  ///< the next one
};

}  // namespace noesis

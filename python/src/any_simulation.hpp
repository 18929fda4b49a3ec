#pragma once
/// A scheduled simulation at the precision that its configuration names.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "physics/scheduled_simulation.hpp"

namespace noesis {

enum class Intervention { kCurrent, kSilence, kUnsilence, kClamp, kRelease, kLesion };

/// Values are (environments x [components x] neurons), double.
class AnySimulation {
 public:
  virtual ~AnySimulation() = default;
  virtual BatchShape shape() const = 0;
  virtual std::string backend_name() const = 0;
  /// Keys of the stimuli that begin after the end of the configuration.
  virtual std::vector<std::string> unreached() const = 0;
  virtual double time_ms() const = 0;
  /// As ScheduledSimulation::advance_to.
  virtual void advance_to(double t_ms, double limit_ms) = 0;
  virtual std::vector<double> state() const = 0;
  virtual void set_state(std::span<const double> values) = 0;
  virtual std::vector<double> rates() const = 0;
  /// One state variable of one environment's neurons into `out`.
  virtual void record(std::int64_t env, int component, std::span<const std::int64_t> neurons,
                      double* out) const = 0;
  virtual void intervene(Intervention kind, std::int64_t env, std::span<const std::int64_t> neurons,
                         double value) = 0;
  /// Ends currents, silences and clamps.
  virtual void clear(std::int64_t env) = 0;
};

/// @throws ConfigError. The arena must outlive it.
std::unique_ptr<AnySimulation> make_any_simulation(const SimulateConfig& config,
                                                   const std::vector<ConnectomePtr>& connectomes,
                                                   const ThreadArena& arena);

}  // namespace noesis

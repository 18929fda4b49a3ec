#pragma once
/// A batch of brains in time: connectomes, model, integrator, noise, interventions, state.

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/threads.hpp"
#include "physics/connectome.hpp"
#include "physics/cpu_backend.hpp"
#include "physics/integrator.hpp"
#include "physics/models/models.hpp"
#include "physics/plasticity/plastic_brain.hpp"
#include "physics/surgeon.hpp"

namespace noesis {

/// The `[noise]` section: sigma sqrt(dt / tau) N(0, 1) is added to every state variable in each
/// step, tau being the model's time scale.
struct NoiseSpec {
  double sigma = 0;

  template <class V>
  void visit(V& v) {
    v("sigma", sigma, "Standard deviation of the additive noise", at_least(0));
  }
};

/// The `[initial]` section: each state variable of each neuron starts uniformly in [low, high].
struct InitialSpec {
  double low = 0;
  double high = 0.2;

  template <class V>
  void visit(V& v) {
    v("low", low, "Lower end of the initial state");
    v("high", high, "Upper end of the initial state, at least low");
    v.require(low <= high, "high", high, "at least low");
  }
};

/// Constant drive of the neurons: mean + sd N(0, 1), or a value for each; the same in every
/// environment of a batch.
struct DriveSpec {
  double mean = 0;
  double sd = 0;
  std::int64_t seed = 0;
  std::vector<double> per_neuron = {};

  template <class V>
  void visit(V& v) {
    v("mean", mean, "Mean constant drive (P of Wilson-Cowan, the bias of a rate network)");
    v("sd", sd, "Standard deviation of the drive between neurons", at_least(0));
    v("seed", seed, "Seed of the drive, a part of the brain rather than of an environment",
      at_least(0));
    v("per_neuron", per_neuron, "Drive of each neuron, in place of mean and sd; empty: none");
  }

  /// (num_neurons)
  std::vector<double> values(std::int64_t num_neurons) const;
};

/// Everything that says how a brain moves.
struct BrainSpec {
  ModelSpec model;
  DriveSpec drive;
  IntegratorSpec integrator;
  NoiseSpec noise;
  InitialSpec initial;
  PlasticitySpec plasticity;

  template <class V>
  void visit(V& v) {
    v.section("model", model);
    v.section("drive", drive);
    v.section("integrator", integrator);
    v.section("noise", noise);
    v.section("initial", initial);
    v.section("plasticity", plasticity);
  }
};

/// One brain of a batch at one moment, to fork it or to go back to it.
template <Real T>
struct BrainSnapshot {
  std::uint64_t seed = 0;  ///< of the environment: its noise
  std::int64_t step = 0;   ///< steps since its reset
  std::vector<T> state;    ///< (num_components x num_neurons)
  std::vector<T> inputs;   ///< interventions in force, as Surgeon::append_inputs()
  std::vector<T> history;  ///< as DelayLine::append_history(), empty without delays
  std::shared_ptr<const PlasticBrain> plasticity;  ///< null without rules; compared by identity
  bool operator==(const BrainSnapshot&) const = default;
};

template <Real T>
class Backend;
template <Real T>
struct BackendRequest;

/// Makes what advances a batch (physics/backend.hpp), or null: then the CPU does it.
/// @throws ConfigError for a batch that it cannot take.
template <Real T>
using BackendFactory = std::function<std::unique_ptr<Backend<T>>(const BackendRequest<T>&)>;

/// The same for brains whose precision is an option.
struct BackendFactories {
  BackendFactory<double> of_double = {};
  BackendFactory<float> of_float = {};

  template <Real T>
  const BackendFactory<T>& of() const noexcept {
    if constexpr (std::same_as<T, double>) {
      return of_double;
    } else {
      return of_float;
    }
  }
};

/// `num_envs` brains at one precision. Same specification, connectome and environment seed: same
/// bits, whatever the number of threads, of environments beside it, and of calls that time is cut
/// into. Not thread-safe; the arena must outlive it.
template <Real T>
class Simulation {
 public:
  /// One connectome for all environments, or one for each (`per_env`). `seeds` has one seed an
  /// environment. With neurogenesis there are places for max_neurons from the start, and those of
  /// the unborn are lesioned; with delays, what was before is the initial state.
  /// Steps are taken by what `make_backend` makes, on the CPU without it.
  /// @throws ConfigError for impossible settings (noise with an adaptive integrator, connectomes of
  ///   different sizes, ...).
  Simulation(std::vector<ConnectomePtr> connectomes, const BrainSpec& spec,
             std::vector<std::uint64_t> seeds, const ThreadArena& arena,
             const BackendFactory<T>& make_backend = {});
  ~Simulation();
  Simulation(Simulation&&) noexcept;

  const BatchShape& shape() const noexcept;
  const BrainSpec& spec() const noexcept;
  /// What takes the steps: "cpu", or the name of a device.
  std::string backend_name() const;
  /// The right-hand side, for Lyapunov exponents and own integrators; reads the interventions.
  System<T>& system() noexcept;

  /// Model time of the batch [ms].
  double time_ms() const noexcept;

  /// Interventions; changes take effect at the present time. Read them through the const overload:
  /// asking for the mutable one makes an adaptive integrator restart its step.
  Surgeon<T>& surgeon();
  const Surgeon<T>& surgeon() const;

  /// Advances to `t`. Fixed steps: t must lie on the grid of steps. dopri5: steps may go past t,
  /// and the state at t is dense output; they do not pass `limit` (the next time that inputs
  /// change).
  /// @throws RunError naming time, environment, neuron and value when the state is not finite.
  void advance_to(double t_ms, double limit_ms);
  /// As advance_to(t, t): inputs may change there.
  void advance_to(double t_ms) { advance_to(t_ms, t_ms); }

  /// State at time_ms(), read back where it is on a device.
  const State<T>& state() const;
  /// For readers of a few neurons, of whom only these need be read back: names them (different ids,
  /// all at first), and the state at time_ms(), of which no more than their first state variable is
  /// up to date.
  void watch(std::span<const std::int64_t> neurons);
  const State<T>& watched_state() const;
  /// Replaces the state (same shape) at the present time, and with delays the past.
  void set_state(const State<T>& x);
  /// What the neurons of an environment transmit at time_ms() (num_neurons).
  void output(std::int64_t env, std::vector<double>& values) const;

  /// A new episode of one environment: initial state from `seed`, interventions ended, the
  /// connectome as it was before any rule. Fixed steps only unless all environments are at time 0.
  /// Noise goes on by the environment's own step count.
  void reset(std::int64_t env, std::uint64_t seed);

  /// A brain of the batch, and one put into any place of this or another batch of the same
  /// specification: it goes on with the bits it would have had. Fixed steps only. @throws
  /// ConfigError for an adaptive integrator or a snapshot of another size.
  BrainSnapshot<T> snapshot(std::int64_t env) const;
  void restore(std::int64_t env, const BrainSnapshot<T>& snapshot);

  /// What the rules have done, and the connectome that they have made (a copy).
  PlasticityReport plasticity(std::int64_t env) const;
  ConnectomePtr connectome(std::int64_t env) const;
  /// Error that drives neurogenesis in an environment until it is set again. @throws ConfigError
  /// when that rule does not run, or for an error that is negative or not finite.
  void set_error(std::int64_t env, double error);
  /// Postsynaptic factors (num_neurons) of the rule `hebbian` in an environment until they are set
  /// again; none: its outputs. @throws ConfigError when that rule does not run, for another number
  /// of factors, or one that is not finite.
  void set_teaching(std::int64_t env, std::span<const double> factors);

  /// An environment's connectome as its rules have made it, without a copy, until the next change;
  /// and an edit of its weights or synapses by hand, at the present time. Neurons that die by it
  /// are lesioned; none may be born. @throws ConfigError where no rule changes connectomes.
  const PlasticConnectome& plastic_connectome(std::int64_t env) const;
  void edit_connectome(std::int64_t env, const std::function<void(PlasticConnectome&)>& edit);

  double error(std::int64_t env) const;
  /// PlasticBrain::spawn_now() and sleep_now() of an environment: the ids that were born or died.
  std::vector<std::int32_t> spawn(std::int64_t env, std::int64_t count);
  std::vector<std::int32_t> sleep(std::int64_t env);

  /// Steps of the integrator: the batch's count of fixed steps, or an environment's statistics.
  std::int64_t num_steps() const noexcept;
  StepStatistics statistics(std::int64_t env) const;

  /// A checkpoint directory of state, time, seeds, interventions and integrator, written
  /// atomically; load() reads it into a simulation made from the same specification and
  /// connectomes. Continuing is bit for bit as without the stop. @throws ConfigError when the
  /// checkpoint is damaged, or of
  ///   another connectome, specification, precision or batch, and then changes nothing.
  void save(const std::filesystem::path& directory) const;
  void load(const std::filesystem::path& directory);

  /// The same as one HDF5 file, for checkpoints of more than the brain.
  void write(const std::filesystem::path& file) const;
  void read(const std::filesystem::path& file);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace noesis

#pragma once
/// What advances a batch of brains, and where the state lives meanwhile: in the
/// host's memory, or on a device, where it stays from call to call. The CPU implements this in
/// physics/, devices in gpu/; which of them a run takes is for its caller to choose.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/threads.hpp"
#include "physics/connectome.hpp"
#include "physics/cpu_backend.hpp"
#include "physics/delay_line.hpp"
#include "physics/integrator.hpp"
#include "physics/models/models.hpp"
#include "physics/plasticity/plastic_brain.hpp"
#include "physics/state.hpp"
#include "physics/surgeon.hpp"
#include "physics/vitals/levels.hpp"

namespace noesis {

/// Fixed steps `first`, `first + 1`, ... of a batch. The noise of an environment is keyed by its
/// own seed and by its own count of steps, which began at `episode_start`.
struct StepRange {
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::span<const std::uint64_t> seeds;         ///< (num_envs)
  std::span<const std::int64_t> episode_start;  ///< (num_envs)
};

/// A batch in time, under the inputs of its surgeon, whose version() tells when they are others.
/// `x` of every call is the host's copy of the state, of the batch's shape; an
/// implementation may leave it behind until fetch(). Not thread-safe.
template <Real T>
class Backend {
 public:
  virtual ~Backend() = default;

  /// "cpu", or what computes, as a user would say it: "cuda (NVIDIA H100 80GB HBM3)".
  virtual std::string name() const = 0;

  /// Moves the batch. What is held by the surgeon is set to its level first. @throws RunError when
  /// the device fails.
  virtual void advance(State<T>& x, const StepRange& steps) = 0;

  /// Whether the present state is finite.
  virtual bool is_finite(const State<T>& x) = 0;

  /// Makes `x` the present state, where that is elsewhere.
  virtual void fetch(State<T>&) {}

  /// Neurons whose first state variable fetch_watched() brings, different ones; none before.
  virtual void watch(std::span<const std::int64_t>) {}
  /// As fetch(), and need not bring more than what is watched.
  virtual void fetch_watched(State<T>& x) { fetch(x); }

  /// The caller has written to the host's copy, which fetch() had brought up to date.
  virtual void state_changed() {}
  /// What takes the place of the processor's adaptive integrator, or null; it outlives the stepper.
  virtual std::unique_ptr<AdaptiveStepper<T>> make_adaptive() { return nullptr; }

  /// Brings the past of the batch before step `step` into the host's line, where delays run there.
  virtual void fetch_history(std::int64_t /*step*/, DelayLine<T>&) {}
  /// The caller has written to the host's line, which fetch_history() had brought up to date.
  virtual void history_changed(std::int64_t /*step*/, const DelayLine<T>&) {}

  /// Environments of a connectome have other synapses from now on: a table with as many rows, which
  /// outlives its use. `same_structure` says that only weights differ from the table before.
  virtual void synapses_changed(std::size_t connectome, const SynapseView& table,
                                bool same_structure) = 0;

  // Rules of plasticity may run where weights and biases are; the host's copies are behind then
  // until fetch_rules().

  /// Whether the functions below do anything, for rules of PlasticitySpec::changes_in_place().
  virtual bool runs_rules() const { return false; }
  /// Whether they also spare places where nobody is born yet, which have no homeostasis.
  virtual bool runs_rules_between_births() const { return false; }
  /// Whether they do so for every rule there is.
  virtual bool runs_every_rule() const { return false; }
  /// Takes over what an environment's rules remember.
  virtual void put_memory(std::int64_t, const PlasticBrain::Memory&) {}
  /// Takes over PlasticBrain::teaching() of an environment.
  virtual void put_teaching(std::int64_t, std::span<const double>) {}
  /// Runs them on the present outputs of an environment.
  virtual void run_rules(std::int64_t, const WeightRules&, const WeightDecaySpec&) {}
  /// Brings back the weights into the table that synapses_changed() gave (null: none) and what
  /// rules remember into spans that are not empty.
  virtual void fetch_rules(std::int64_t, float*, const PlasticBrain::Memory&) {}
  /// Brings back the biases (num_neurons).
  virtual void fetch_biases(std::int64_t, std::span<T>) {}
  /// The present outputs of an environment (num_neurons).
  virtual void fetch_outputs(std::int64_t, std::span<T>) {}
  /// How high the outputs of an environment's first `num_neurons` neurons stand after the last
  /// step, where that is measured there; else the caller asks for the outputs.
  virtual std::optional<Levels> levels(const State<T>&, std::int64_t /*env*/,
                                       std::int64_t /*num_neurons*/, const LevelThresholds&) {
    return std::nullopt;
  }

  // So may what rules do to structure; the host's rows are behind then until fetch_rows().

  /// Whether the functions below do anything.
  virtual bool changes_structure() const { return false; }
  /// PlasticConnectome::prune_below() of an environment's connectome, whose neurons are
  /// `neurons`' own.
  virtual Pruned prune(std::int64_t, double, const PlasticConnectome&) { return {}; }
  /// Synapses that are not there yet.
  virtual void add_synapses(std::int64_t, std::span<const Synapse>) {}
  /// The rows side by side (num_neurons), (num_synapses), (num_synapses).
  struct Rows {
    std::vector<std::int32_t> count, sources;
    std::vector<float> weights;
  };
  virtual Rows fetch_rows(std::int64_t) { return {}; }
  /// The host's table of a connectome, of the same structure as the one there, is this now.
  virtual void table_moved(std::size_t /*connectome*/, const SynapseView&) {}
};

/// What a backend is made from. References outlive it.
template <Real T>
struct BackendRequest {
  const std::vector<ConnectomePtr>& connectomes;  ///< one, or one an environment
  const ModelSpec& model;
  const IntegratorSpec& integrator;
  double noise_sigma;
  BatchShape shape;
  const Surgeon<T>& surgeon;
  DelayLine<T>* delays = nullptr;  ///< of the connectomes, or null
};

/// Standard deviation of what noise adds to a state variable in a step.
template <Real T>
double noise_scale(const BackendRequest<T>& request);

/// Fixed steps on the CPU, by `system`, which outlives it as does the arena.
template <Real T>
std::unique_ptr<Backend<T>> make_cpu_stepping(CpuBackend<T>& system,
                                              const BackendRequest<T>& request,
                                              const ThreadArena& arena);

}  // namespace noesis

#pragma once
/// The right-hand side of the rows that one worker owns. States hold its own neurons only; what its
/// rows read of others comes by an exchange in every evaluation (with delays, in every step), while
/// rows that read nothing remote are computed. A row's sum has the order that it has in one
/// process, and so the same bits.

#include <memory>
#include <span>
#include <vector>

#include "core/threads.hpp"
#include "distributed/split_plan.hpp"
#include "physics/communicator.hpp"
#include "physics/delay_line.hpp"
#include "physics/models/models.hpp"
#include "physics/row_device.hpp"
#include "physics/surgeon.hpp"
#include "physics/system.hpp"

namespace noesis {

/// Rows in a worker's numbering, sources below num_local.
struct RowTable {
  std::vector<std::int64_t> begin;  ///< (num_own)
  std::vector<std::int32_t> count;  ///< (num_own)
  std::vector<std::int32_t> sources;
  std::vector<float> weights;
  std::vector<std::uint16_t> steps;  ///< of delay; empty without

  SynapseView view() const { return {begin.data(), count.data(), sources.data(), weights.data()}; }
};

/// References outlive it. Functions marked collective are called by all workers together. Not
/// thread-safe.
template <Real T>
class RowSystem final : public System<T> {
 public:
  struct Parts {
    const ModelSpec& model;
    BatchShape shape;  ///< of the worker's states
    const WorkerPlan& plan;
    const RowTable& synapses;
    const RowTable& gap_junctions;
    bool has_gaps = false;  ///< anywhere in the brain
    bool has_delays = false;
    std::int64_t longest_delay = 1;
    const Surgeon<T>& surgeon;
    Communicator& communicator;
    const ThreadArena& arena;
    const RowDevices* devices = nullptr;  ///< what takes derivatives; null: the processor
  };
  /// @throws ConfigError for conduction delays on a device, and as RowDevices::make().
  explicit RowSystem(const Parts& parts);
  ~RowSystem() override;

  BatchShape shape() const override;
  /// Collective, as linearise() and worst_of_all() are.
  void derivative(const State<T>& x, State<T>& dxdt) override;
  void linearise(const State<T>& x, State<T>& dxdt, State<T>& jacobians) override;
  /// Not of a part: InternalError.
  void tangent(const State<T>& x, const State<T>& u, State<T>& dudt) override;
  void set_fraction(double fraction) override;
  WorstError worst_of_all(std::int64_t env, WorstError own) override;

  /// The surgeon has changed. Collective.
  void inputs_changed();
  /// The synapses' weights have been written to.
  void weights_changed();
  /// As CpuBackend's. Collective.
  void begin_step(const State<T>& x, std::int64_t step);
  /// Null without delays.
  DelayLine<T>* delays() noexcept;
  /// What own neurons and the halo transmit at `x` (num_tiles x num_local x width), until the next
  /// call of anything here. Collective.
  const T* exchange_outputs(const State<T>& x);
  /// Of own neurons (num_own x width) of a tile.
  void own_outputs(const State<T>& x, std::int64_t tile, T* values) const;

  class Impl;  // one a model, in row_system.cpp

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace noesis

#pragma once
/// The brain's equations on the CPU: SIMD kernels over tiles of environments, rows split over
/// threads.

#include <memory>
#include <vector>

#include "core/threads.hpp"
#include "physics/connectome.hpp"
#include "physics/delay_line.hpp"
#include "physics/models/models.hpp"
#include "physics/surgeon.hpp"
#include "physics/system.hpp"

namespace noesis {

/// Batch layouts: `shared` is one connectome for all environments (a step is one sparse x dense
/// product), `per_env` one connectome for each.
BatchShape batch_shape(const ModelSpec& model, std::int64_t num_neurons, std::int64_t num_envs,
                       bool per_env, int tile_width);

/// Right-hand side of the batch. Bits do not depend on threads, batch size, or position in a batch.
/// Keeps references to `surgeon` and `arena`, which must outlive it. Not thread-safe itself.
template <Real T>
class CpuBackend final : public System<T> {
 public:
  /// `connectomes`: one, shared by all environments, or one an environment, all of the same number
  /// of neurons. `dt_ms` is the step that delays are rounded to. The batch may be a part of the
  /// surgeon's, from the surgeon's tile `first_tile` on. @throws InternalError when the shapes
  /// disagree, ConfigError as DelayLine does.
  CpuBackend(std::vector<ConnectomePtr> connectomes, const ModelSpec& model, BatchShape shape,
             const Surgeon<T>& surgeon, const ThreadArena& arena, double dt_ms = 1,
             std::int64_t first_tile = 0);
  ~CpuBackend() override;

  BatchShape shape() const override { return shape_; }
  void derivative(const State<T>& x, State<T>& dxdt) override;
  void linearise(const State<T>& x, State<T>& dxdt, State<T>& jacobians) override;
  void tangent(const State<T>& x, const State<T>& u, State<T>& dudt) override;

  /// Synapses of the environments of a connectome from another table with as many rows, which must
  /// outlive its use; with delays, of the same structure.
  void set_synapses(std::size_t connectome, const SynapseView& table);

  /// Delays that the backend's connectomes have, or null.
  DelayLine<T>* delays() const noexcept;
  /// Begins a step with delays at state `x`: to be called once before the derivatives of each step.
  void begin_step(const State<T>& x, std::int64_t step);
  void set_fraction(double fraction) override;

  /// What each neuron's synapses carry at state `x` of an environment (num_neurons), silenced 0.
  template <Real Out>
  void output(const State<T>& x, std::int64_t env, std::vector<Out>& values) const;

  class Impl;  // one a model, in cpu_backend.cpp

 private:
  BatchShape shape_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace noesis

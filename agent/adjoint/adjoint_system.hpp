#pragma once
/// A brain's right-hand side x' = f(x; weights, drive) that can be pulled back: for a covector mu
/// of f, mu^T times the Jacobian in x, weights and drive.
///
/// The point-wise part of the Jacobian comes from the model's own text by dual numbers
/// (physics/models/model.hpp); with input_i = sum_j W_ij phi(x_j), gap_i = sum_j a_ij (x_j - x_i):
///
///   p_i = mu_i df_i/dinput,  q_i = mu_i df_i/dgap,  r_i = mu_i df_i/ddrive
///   nu_j = mu_j df_j/dx_j + phi'(x_j) sum_i W_ij p_i + [first variable] sum_i a_ij (q_i - q_j)
///   weight gradient_ij = p_i phi(x_j),  drive gradient_i = r_i

#include <memory>
#include <span>
#include <vector>

#include "agent/adjoint/column_view.hpp"
#include "core/threads.hpp"
#include "physics/kernels/kernels.hpp"
#include "physics/models/models.hpp"
#include "physics/system.hpp"

namespace noesis::adjoint {

/// What does not change from run to run: made once for a connectome, shared by any threads.
struct Structure {
  explicit Structure(ConnectomePtr brain);

  ConnectomePtr connectome;
  ColumnView columns;
  std::vector<double> gap_weights;  ///< (both directions of each junction)
};

/// One evaluation of the right-hand side, kept to be pulled back. Arrays but `state` have one
/// component; `gap` is empty without gap junctions.
struct Stage {
  State<double> state, output, input, gap;
};

/// Where pull_back() adds to.
struct StageGradients {
  std::span<double> weights;  ///< (num_synapses), or empty: not wanted
  State<double>* drive;       ///< (num_envs x num_neurons)
};

/// A batch on one connectome, in double precision. Not thread-safe; references must outlive it.
class AdjointSystem final : public System<double> {
 public:
  /// `weights` (num_synapses) in the order of the connectome's table. `set` must be one that the
  /// processor has; no bit depends on it.
  AdjointSystem(const Structure& structure, const ModelSpec& model, std::int64_t num_envs,
                std::span<const double> weights, const ThreadArena& arena,
                InstructionSet set = best_instruction_set());
  ~AdjointSystem() override;

  BatchShape shape() const override { return shape_; }
  /// (num_envs x num_neurons), lanes past the last environment as the last one: bias + current.
  /// `current` is (num_envs x num_neurons) or empty.
  void set_drive(std::span<const double> bias, std::span<const double> current);

  void derivative(const State<double>& x, State<double>& dxdt) override;
  /// Not of this system: @throws InternalError.
  void tangent(const State<double>& x, const State<double>& u, State<double>& dudt) override;

  /// Until the next call, derivative() keeps what it saw in stages[0], stages[1], ...; null: not.
  void record(std::vector<Stage>* stages);
  /// A stage of this batch, with room for what derivative() keeps.
  Stage make_stage() const;

  /// nu = mu^T df/dx at the stage, and the same for weights and drive added to `gradients`. The
  /// drive must be that of the stage.
  void pull_back(const Stage& stage, const State<double>& mu, State<double>& nu,
                 const StageGradients& gradients);

  class Impl;

 private:
  const Structure& structure_;
  BatchShape shape_;
  const ThreadArena& arena_;
  State<double> drive_;
  Stage scratch_;
  std::vector<Stage>* recorded_ = nullptr;
  std::size_t next_stage_ = 0;
  std::unique_ptr<Impl> impl_;
};

}  // namespace noesis::adjoint

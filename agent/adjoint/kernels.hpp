#pragma once
/// The loops of the discrete adjoint: a model's right-hand side with weights in double precision,
/// and its transposed Jacobian. One row of sums has one owner and one order (that of
/// physics/kernels/kernels.hpp), so bits depend neither on threads nor on the instruction set, and
/// the right-hand side has the bits of CpuBackend wherever the weights are floats.
///
/// Arrays of a tile are (num_neurons x width), or (components x num_neurons x width).

#include <cstdint>

#include "physics/kernels/kernels.hpp"

namespace noesis::adjoint {

/// Rows of a sparse matrix with weights in double precision; null row_begin where there is none.
struct WeightedRows {
  const std::int64_t* row_begin = nullptr;  // (num_neurons)
  const std::int32_t* row_count = nullptr;  // (num_neurons)
  const std::int32_t* columns = nullptr;    // (num_synapses)
  const double* weights = nullptr;          // (num_synapses)
};

/// What one evaluation of the right-hand side saw, in one tile.
struct StageView {
  std::int64_t num_neurons = 0;
  const double* state = nullptr;
  const double* drive = nullptr;  // bias + injected current
  double* output = nullptr;       // what synapses carry
  double* input = nullptr;        // sum_j W_ij output_j
  double* gap = nullptr;          // sum_j a_ij (x_j - x_i); null without gap junctions
};

/// A covector of a stage, in one tile: mu goes with the derivative, the rest with its arguments.
struct PullView {
  const double* mu = nullptr;  // (components x num_neurons x width)
  double* nu = nullptr;        // (components x num_neurons x width), with the state
  double* by_input = nullptr;
  double* by_gap = nullptr;
  double* by_drive = nullptr;
};

/// The kernels of one model, for rows [first, last) of one tile; [0]: width 1, [1]: kTileWidth.
template <class Model>
struct KernelSet {
  /// stage.output.
  using OutputFn = void (*)(const Model&, const StageView&, std::int64_t first, std::int64_t last);
  /// stage.input, stage.gap and dxdt; needs stage.output of all rows.
  using DerivativeFn = void (*)(const Model&, const WeightedRows& synapses,
                                const WeightedRows& gaps, const StageView&, double* dxdt,
                                std::int64_t first, std::int64_t last);
  /// nu, by_input, by_gap and by_drive from mu, by the neuron's own Jacobian.
  using PointFn = void (*)(const Model&, const StageView&, const PullView&, std::int64_t first,
                           std::int64_t last);
  /// Adds to nu what comes back along synapses and gap junctions; needs by_input and by_gap of all
  /// rows. Row j of `targets` are the synapses that leave neuron j.
  using SourceFn = void (*)(const Model&, const WeightedRows& targets, const WeightedRows& gaps,
                            const StageView&, const PullView&, std::int64_t first,
                            std::int64_t last);
  OutputFn output[2];
  DerivativeFn derivative[2];
  PointFn point[2];
  SourceFn source[2];
};

/// gradient_k += sum over environments of by_input_i output_j, for the synapses j -> i of rows
/// [first, last). `by_input` and `output` are (num_tiles x num_neurons x width).
using WeightGradientFn = void (*)(const WeightedRows& synapses, const double* by_input,
                                  const double* output, std::int64_t num_tiles,
                                  std::int64_t plane_size, double* gradient, std::int64_t first,
                                  std::int64_t last);

template <class Model>
const KernelSet<Model>& kernels_for(InstructionSet set = best_instruction_set());
WeightGradientFn weight_gradient(int width, InstructionSet set = best_instruction_set());

}  // namespace noesis::adjoint

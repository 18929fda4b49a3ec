#pragma once
/// The hot loops, behind function pointers that are picked once by instruction set. Every kernel
/// sums a row in the same order: synapse k of a row goes to lane k mod 8, and the lanes are added
/// by a fixed tree. It does not matter whether SIMD runs over synapses or over environments, so one
/// environment, a batch, and any split of the rows give the same bits.

#include <cstdint>

#include "core/math.hpp"

namespace noesis {

/// Summation lanes of a row (part of what results mean: changing it changes bits).
inline constexpr int kSumLanes = 8;

// Values of `moves`: a clamped neuron's first state variable is held, a lesioned neuron's whole
// state.
template <Real T>
inline constexpr T kFree = T(1);
template <Real T>
inline constexpr T kClamped = T(0);
template <Real T>
inline constexpr T kLesioned = T(-1);

/// A SynapseTable as raw pointers; null row_begin where there is none.
struct SynapseView {
  const std::int64_t* row_begin = nullptr;  // (num_neurons)
  const std::int32_t* row_count = nullptr;  // (num_neurons)
  const std::int32_t* sources = nullptr;    // (num_synapses)
  const float* weights = nullptr;           // (num_synapses)
};

/// One tile of environments. Arrays are (num_neurons x width), or (components x num_neurons x
/// width).
template <Real T>
struct TileView {
  SynapseView synapses;
  SynapseView gap_junctions;
  std::int64_t num_neurons = 0;
  const T* state = nullptr;      // (components x num_neurons x width)
  const T* output = nullptr;     // (num_neurons x width) what synapses carry, silenced neurons 0
  const T* input = nullptr;      // (num_neurons x width) summed synaptic input; null: from output
  const T* drive = nullptr;      // (num_neurons x width) bias + injected current
  const T* gain = nullptr;       // (num_neurons x width) of the synaptic input; null where all 1
  const T* transmits = nullptr;  // (num_neurons x width) 1 or 0; null where all transmit
  const T* moves = nullptr;      // (num_neurons x width) kFree, ...; null where all are free
  T* derivative = nullptr;       // (components x num_neurons x width)
  // Where rows are a part of a brain, what gap junctions read of all its neurons, by source id;
  // null: the state and transmits above.
  const T* gap_state = nullptr;      // (num_sources x width)
  const T* gap_transmits = nullptr;  // (num_sources x width); null where all transmit
};

/// Synapses that conduct with a delay, and the outputs of the past that they read, of one tile.
template <Real T>
struct DelayView {
  SynapseView synapses;
  const std::uint16_t* steps = nullptr;  // (num_synapses) delay, 1 to num_slots - 1
  const T* past = nullptr;               // (num_slots x num_neurons x width) ring of outputs
  std::int64_t slot_mask = 0;            // num_slots - 1, num_slots being a power of two
  std::int64_t num_neurons = 0;          // of the past: sources, of which rows may be a part
};

/// Tangent vectors in lanes, all at one base state. `base` arrays are (…num_neurons), without
/// lanes.
template <Real T>
struct TangentView {
  TileView<T> base;             // width 1; its `output` and `derivative` are not used
  const T* tangent = nullptr;   // (components x num_neurons x width)
  T* tangent_output = nullptr;  // (num_neurons x width) scratch: output'(x_j) u_j
  T* derivative = nullptr;      // (components x num_neurons x width)
};

/// The kernels of one model at one precision. Each works on rows [first, last) of one tile, writes
/// only those rows, and needs `output` (or `tangent_output`) complete for all rows before the rest.
template <class Model>
struct KernelSet {
  using T = typename Model::Scalar;
  using OutputFn = void (*)(const Model&, const TileView<T>&, T* output, std::int64_t first,
                            std::int64_t last);
  using DerivativeFn = void (*)(const Model&, const TileView<T>&, std::int64_t first,
                                std::int64_t last);
  /// Also writes each neuron's own Jacobian, (components x components x num_neurons x width).
  using LineariseFn = void (*)(const Model&, const TileView<T>&, T* jacobian, std::int64_t first,
                               std::int64_t last);
  using TangentFn = void (*)(const Model&, const TangentView<T>&, std::int64_t first,
                             std::int64_t last);
  // [0]: width 1; [1]: width kTileWidth<T>.
  OutputFn output[2];
  DerivativeFn derivative[2];
  LineariseFn linearise[2];
  TangentFn tangent_output[2];
  TangentFn tangent[2];
};

enum class InstructionSet { kBaseline, kX86v3, kX86v4 };

/// The best one that this processor and this build have.
InstructionSet best_instruction_set() noexcept;
const char* name_of(InstructionSet set) noexcept;

/// Kernels of a model (instantiated for NOESIS_FOR_EACH_MODEL, float and double).
template <class Model>
const KernelSet<Model>& kernels_for(InstructionSet set = best_instruction_set());

/// Synaptic input at step `step`: sum_k w_k past[(step - steps_k) & slot_mask][source_k], rows
/// [first, last) of `input` (num_neurons x width), width 1 or kTileWidth<T>.
template <Real T>
using DelayedFn = void (*)(const DelayView<T>& view, std::int64_t step, T* input,
                           std::int64_t first, std::int64_t last);
template <Real T>
DelayedFn<T> delayed_kernel(int width, InstructionSet set = best_instruction_set());

/// y = A x for rows [first, last) of a synapse table, x and y (num_neurons x width), width 1 or
/// kTileWidth<T>: the sparse product on its own, for benchmarks.
template <Real T>
using ProductFn = void (*)(const SynapseView& a, std::int64_t num_neurons, const T* x, T* y,
                           std::int64_t first, std::int64_t last);
template <Real T>
ProductFn<T> product_kernel(int width, InstructionSet set = best_instruction_set());

}  // namespace noesis

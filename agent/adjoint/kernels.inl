// The loops of kernels.hpp. Compiled once an instruction set, into namespace NOESIS_ISA; everything
// here has internal linkage or is always inlined, so that no wide code leaks into narrow builds.
#ifndef NOESIS_ISA
#error "define NOESIS_ISA before including kernels.inl"
#endif

#include "agent/adjoint/kernels.hpp"
#include "physics/models/models.hpp"
#include "physics/state.hpp"

namespace noesis::adjoint::NOESIS_ISA {
namespace {

#define NOESIS_INLINE inline __attribute__((always_inline))

#if defined(__AVX512F__)
constexpr int kVector = 8;
#elif defined(__AVX2__)
constexpr int kVector = 4;
#else
constexpr int kVector = 2;
#endif

template <int kWidth>
NOESIS_INLINE void add_lanes(double (&lanes)[kSumLanes][kWidth], double* sum) {
  for (int half = kSumLanes / 2; half > 0; half /= 2) {
    for (int l = 0; l < half; ++l) {
      for (int e = 0; e < kWidth; ++e) lanes[l][e] += lanes[l + half][e];
    }
  }
  for (int e = 0; e < kWidth; ++e) sum[e] = lanes[0][e];
}

/// sum_k w_k term(column_k) of a row, in the one order: synapse k goes to lane k mod 8.
/// `term(column, environment)` is the factor of one environment.
template <int kWidth, class Term>
NOESIS_INLINE void sum_row(const WeightedRows& a, std::int64_t row, double* sum, const Term& term) {
  constexpr int kChunk = kWidth < kVector ? kWidth : kVector;
  const std::int32_t* columns = a.columns + a.row_begin[row];
  const double* weights = a.weights + a.row_begin[row];
  const std::int32_t count = a.row_count[row];
  const std::int32_t full = count - count % kSumLanes;
  for (int chunk = 0; chunk < kWidth; chunk += kChunk) {
    double lanes[kSumLanes][kChunk] = {};
    for (std::int32_t k = 0; k < full; k += kSumLanes) {
      for (int l = 0; l < kSumLanes; ++l) {
        const std::int64_t column = columns[k + l];
        for (int e = 0; e < kChunk; ++e) {
          lanes[l][e] = math::fma(weights[k + l], term(column, chunk + e), lanes[l][e]);
        }
      }
    }
    for (int l = 0; l < count - full; ++l) {
      const std::int64_t column = columns[full + l];
      for (int e = 0; e < kChunk; ++e) {
        lanes[l][e] = math::fma(weights[full + l], term(column, chunk + e), lanes[l][e]);
      }
    }
    add_lanes<kChunk>(lanes, sum + chunk);
  }
}

/// sum_k w_k x_column.
template <int kWidth>
NOESIS_INLINE void weighted_sum(const WeightedRows& a, std::int64_t row, const double* x,
                                double* sum) {
  sum_row<kWidth>(a, row, sum, [x](std::int64_t column, int e) { return x[column * kWidth + e]; });
}

/// sum_k w_k (x_column - x_row).
template <int kWidth>
NOESIS_INLINE void difference_sum(const WeightedRows& a, std::int64_t row, const double* x,
                                  double* sum) {
  const double* own = x + row * kWidth;
  sum_row<kWidth>(a, row, sum,
                  [x, own](std::int64_t column, int e) { return x[column * kWidth + e] - own[e]; });
}

template <class Model, int kWidth>
void output_rows(const Model& parameters, const StageView& stage, std::int64_t first,
                 std::int64_t last) {
  constexpr int kComponents = Model::kNumComponents;
  const Model model = parameters;  // a local copy: no store can alias it
  const std::int64_t plane = stage.num_neurons * kWidth;
#pragma GCC ivdep
  for (std::int64_t n = first * kWidth; n < last * kWidth; ++n) {
    double x[kComponents];
    for (int c = 0; c < kComponents; ++c) x[c] = stage.state[c * plane + n];
    stage.output[n] = model.output(x);
  }
}

template <class Model, int kWidth>
void derivative_rows(const Model& parameters, const WeightedRows& synapses,
                     const WeightedRows& gaps, const StageView& stage, double* dxdt,
                     std::int64_t first, std::int64_t last) {
  constexpr int kComponents = Model::kNumComponents;
  const Model model = parameters;
  const std::int64_t plane = stage.num_neurons * kWidth;
  for (std::int64_t i = first; i < last; ++i) {
    weighted_sum<kWidth>(synapses, i, stage.output, stage.input + i * kWidth);
  }
  if (stage.gap != nullptr) {
    for (std::int64_t i = first; i < last; ++i) {
      difference_sum<kWidth>(gaps, i, stage.state, stage.gap + i * kWidth);
    }
  }
#pragma GCC ivdep
  for (std::int64_t n = first * kWidth; n < last * kWidth; ++n) {
    double x[kComponents];
    double slope[kComponents];
    for (int c = 0; c < kComponents; ++c) x[c] = stage.state[c * plane + n];
    evaluate(model, x, stage.input[n], 0.0, stage.gap != nullptr ? stage.gap[n] : 0.0,
             stage.drive[n], slope);
    for (int c = 0; c < kComponents; ++c) dxdt[c * plane + n] = slope[c];
  }
}

/// One dual-number evaluation for each argument: state variables, input, gap, drive. Their values
/// are the same, so the compiler computes exponentials once.
template <class Model, int kWidth>
void point_rows(const Model& parameters, const StageView& stage, const PullView& pull,
                std::int64_t first, std::int64_t last) {
  constexpr int kComponents = Model::kNumComponents;
  constexpr int kArguments = kComponents + 3;
  const Model model = parameters;
  const std::int64_t plane = stage.num_neurons * kWidth;
#pragma GCC ivdep
  for (std::int64_t n = first * kWidth; n < last * kWidth; ++n) {
    double back[kArguments];
#pragma GCC unroll 8
    for (int d = 0; d < kArguments; ++d) {
      Dual<double> x[kComponents];
      Dual<double> slope[kComponents];
      for (int c = 0; c < kComponents; ++c) {
        x[c] = Dual<double>(stage.state[c * plane + n], c == d ? 1.0 : 0.0);
      }
      const double gap = stage.gap != nullptr ? stage.gap[n] : 0.0;
      evaluate(model, x, Dual<double>(stage.input[n], d == kComponents ? 1.0 : 0.0),
               Dual<double>(0.0), Dual<double>(gap, d == kComponents + 1 ? 1.0 : 0.0),
               Dual<double>(stage.drive[n], d == kComponents + 2 ? 1.0 : 0.0), slope);
      back[d] = 0;
      for (int c = 0; c < kComponents; ++c) {
        back[d] = math::fma(slope[c].slope, pull.mu[c * plane + n], back[d]);
      }
    }
    for (int c = 0; c < kComponents; ++c) pull.nu[c * plane + n] = back[c];
    pull.by_input[n] = back[kComponents];
    pull.by_gap[n] = back[kComponents + 1];
    pull.by_drive[n] = back[kComponents + 2];
  }
}

template <class Model, int kWidth>
void source_rows(const Model& parameters, const WeightedRows& targets, const WeightedRows& gaps,
                 const StageView& stage, const PullView& pull, std::int64_t first,
                 std::int64_t last) {
  constexpr int kComponents = Model::kNumComponents;
  const Model model = parameters;
  const std::int64_t plane = stage.num_neurons * kWidth;
  for (std::int64_t j = first; j < last; ++j) {
    double by_output[kWidth];
    weighted_sum<kWidth>(targets, j, pull.by_input, by_output);
    for (int e = 0; e < kWidth; ++e) {
      const std::int64_t n = j * kWidth + e;
      for (int d = 0; d < kComponents; ++d) {
        Dual<double> x[kComponents];
        for (int c = 0; c < kComponents; ++c) {
          x[c] = Dual<double>(stage.state[c * plane + n], c == d ? 1.0 : 0.0);
        }
        double& nu = pull.nu[d * plane + n];
        nu = math::fma(model.output(x).slope, by_output[e], nu);
      }
    }
    if (stage.gap == nullptr) continue;
    // Junctions are symmetric, and so is the matrix that takes x to the gap currents.
    double through[kWidth];
    difference_sum<kWidth>(gaps, j, pull.by_gap, through);
    for (int e = 0; e < kWidth; ++e) pull.nu[j * kWidth + e] += through[e];
  }
}

template <int kWidth>
void weight_gradient_rows(const WeightedRows& synapses, const double* by_input,
                          const double* output, std::int64_t num_tiles, std::int64_t plane_size,
                          double* gradient, std::int64_t first, std::int64_t last) {
  for (std::int64_t i = first; i < last; ++i) {
    const std::int64_t begin = synapses.row_begin[i];
    for (std::int32_t k = 0; k < synapses.row_count[i]; ++k) {
      const std::int64_t j = synapses.columns[begin + k];
      double sum[kWidth] = {};
      for (std::int64_t tile = 0; tile < num_tiles; ++tile) {
        const double* p = by_input + tile * plane_size + i * kWidth;
        const double* y = output + tile * plane_size + j * kWidth;
        for (int e = 0; e < kWidth; ++e) sum[e] = math::fma(p[e], y[e], sum[e]);
      }
      for (int half = kWidth / 2; half > 0; half /= 2) {
        for (int e = 0; e < half; ++e) sum[e] += sum[e + half];
      }
      gradient[begin + k] += sum[0];
    }
  }
}

}  // namespace

template <class Model>
const KernelSet<Model>& kernel_set() {
  constexpr int kWide = kTileWidth<double>;
  static constexpr KernelSet<Model> kSet = {
      {output_rows<Model, 1>, output_rows<Model, kWide>},
      {derivative_rows<Model, 1>, derivative_rows<Model, kWide>},
      {point_rows<Model, 1>, point_rows<Model, kWide>},
      {source_rows<Model, 1>, source_rows<Model, kWide>}};
  return kSet;
}

WeightGradientFn weight_gradient_of(int width) {
  return width == 1 ? weight_gradient_rows<1> : weight_gradient_rows<kTileWidth<double>>;
}

#define NOESIS_INSTANTIATE(...) template const KernelSet<__VA_ARGS__>& kernel_set<__VA_ARGS__>();
NOESIS_FOR_EACH_MODEL(NOESIS_INSTANTIATE, double)
#undef NOESIS_INSTANTIATE

}  // namespace noesis::adjoint::NOESIS_ISA

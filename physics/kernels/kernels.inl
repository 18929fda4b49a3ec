// The loops of kernels.hpp. Compiled once an instruction set, into namespace NOESIS_ISA; everything
// here has internal linkage or is always inlined, so that no wide code leaks into narrow builds.
#ifndef NOESIS_ISA
#error "define NOESIS_ISA before including kernels.inl"
#endif

#if defined(__AVX512VL__)
#include <immintrin.h>
#endif

#include "physics/kernels/kernels.hpp"
#include "physics/models/models.hpp"
#include "physics/state.hpp"

namespace noesis::NOESIS_ISA {
namespace {

#define NOESIS_INLINE inline __attribute__((always_inline))
// Sums are the same for all models: compiled once for a type and width.
#define NOESIS_SHARED __attribute__((noinline))

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

// The loops over lanes are unrolled by hand: only then do the lanes stay in registers.
static_assert(kSumLanes == 8);

/// Adds eight lanes of `width` values each, by halving.
template <class T, int kWidth>
NOESIS_INLINE void add_lanes(T (&lanes)[kSumLanes][kWidth], T* sum) {
#pragma GCC unroll 3
  for (int half = kSumLanes / 2; half > 0; half /= 2) {
#pragma GCC unroll 4
    for (int l = 0; l < half; ++l) {
      for (int e = 0; e < kWidth; ++e) lanes[l][e] += lanes[l + half][e];
    }
  }
  for (int e = 0; e < kWidth; ++e) sum[e] = lanes[0][e];
}

/// Bytes that synapses are fetched ahead of their use. What the processor fetches by itself comes
/// too late for loops that wait for random reads, and starts anew at each page.
constexpr int kStreamAhead = kVectorBytes < 64 ? 512 : 1024;

/// Fetches, a few at a time, the tile rows of `x` that a row of synapses is going to read.
template <class T, int kWidth>
class RowFetch {
 public:
  RowFetch() = default;
  RowFetch(const SynapseView& a, std::int64_t row, const T* x)
      : next_(a.sources + a.row_begin[row]), left_(a.row_count[row]), x_(x) {}

  template <int kCount>
  NOESIS_INLINE void some() {
    if (left_ < kCount) return;
#pragma GCC unroll 8
    for (int k = 0; k < kCount; ++k) {
      __builtin_prefetch(x_ + static_cast<std::int64_t>(next_[k]) * kWidth);
    }
    next_ += kCount;
    left_ -= kCount;
  }
  NOESIS_INLINE void rest() {
    for (; left_ > 0; --left_) {
      __builtin_prefetch(x_ + static_cast<std::int64_t>(*next_++) * kWidth);
    }
  }

 private:
  const std::int32_t* next_ = nullptr;
  std::int32_t left_ = 0;
  const T* x_ = nullptr;
};

/// Whether `x` (num_neurons x width) is too large for a core's caches, so that a row's reads are
/// worth fetching while the row before it is summed. With vectors of a whole line they are not: a
/// synapse is so few instructions that the processor itself looks a row ahead.
template <class T, int kWidth>
constexpr bool is_far(std::int64_t num_neurons) {
  return kVectorBytes < 64 && kWidth > 1 &&
         num_neurons * kWidth * static_cast<std::int64_t>(sizeof(T)) > (1 << 18);
}

/// sum_j A_row,j term(j) for `width` environments at once, in chunks that fit the vector registers.
/// `term(lane, weight, source, first_env)` adds one synapse to a lane's accumulators; `fetch` is
/// spread over the row.
template <class T, int kWidth, class Term>
NOESIS_INLINE void sum_row(const SynapseView& a, std::int64_t row, T* sum, const Term& term,
                           RowFetch<T, kWidth> fetch = {}) {
  constexpr int kVector = kVectorBytes / static_cast<int>(sizeof(T));
  constexpr int kChunk = kWidth < kVector ? kWidth : kVector;
  constexpr int kFetches = kSumLanes / (kWidth / kChunk);
  const std::int32_t count = a.row_count[row];
  const std::int32_t groups = count / kSumLanes;
  for (int chunk = 0; chunk < kWidth; chunk += kChunk) {
    const std::int32_t* source = a.sources + a.row_begin[row];
    const float* weight = a.weights + a.row_begin[row];
    T lanes[kSumLanes][kChunk];
#pragma GCC unroll 8
    for (int l = 0; l < kSumLanes; ++l) {
      for (int e = 0; e < kChunk; ++e) lanes[l][e] = T(0);
    }
    for (std::int32_t group = 0; group < groups; ++group) {
      __builtin_prefetch(source + kStreamAhead / sizeof *source);
      __builtin_prefetch(weight + kStreamAhead / sizeof *weight);
      if constexpr (kWidth > 1) fetch.template some<kFetches>();
#pragma GCC unroll 8
      for (int l = 0; l < kSumLanes; ++l) {
        term(lanes[l], static_cast<T>(weight[l]), source[l], chunk);
      }
      source += kSumLanes;
      weight += kSumLanes;
    }
    const std::int32_t rest = count % kSumLanes;
#pragma GCC unroll 7
    for (int l = 0; l < kSumLanes - 1; ++l) {
      if (l == rest) break;
      term(lanes[l], static_cast<T>(weight[l]), source[l], chunk);
    }
    add_lanes<T, kChunk>(lanes, sum + chunk);
  }
  if constexpr (kWidth > 1) fetch.rest();
}

#if defined(__AVX512VL__)
/// The lanes of one environment as one vector, for which rates are gathered. (AVX2's gathers, which
/// know no mask registers, gained nothing.)
template <class T>
struct LaneVector;

template <>
struct LaneVector<float> {
  __m256 sum = _mm256_setzero_ps();

  NOESIS_INLINE void add(const float* weight, const std::int32_t* source, const float* x) {
    const __m256i at = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(source));
    sum = _mm256_fmadd_ps(_mm256_loadu_ps(weight), _mm256_i32gather_ps(x, at, 4), sum);
  }
  NOESIS_INLINE void add(__mmask8 some, const float* weight, const std::int32_t* source,
                         const float* x) {
    const __m256i at = _mm256_maskz_loadu_epi32(some, source);
    const __m256 rates = _mm256_mmask_i32gather_ps(_mm256_setzero_ps(), some, at, x, 4);
    sum = _mm256_mask3_fmadd_ps(_mm256_maskz_loadu_ps(some, weight), rates, sum, some);
  }
  NOESIS_INLINE float total() const {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
};

template <>
struct LaneVector<double> {
  __m512d sum = _mm512_setzero_pd();

  NOESIS_INLINE void add(const float* weight, const std::int32_t* source, const double* x) {
    const __m256i at = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(source));
    const __m512d weights = _mm512_cvtps_pd(_mm256_loadu_ps(weight));
    sum = _mm512_fmadd_pd(weights, _mm512_i32gather_pd(at, x, 8), sum);
  }
  NOESIS_INLINE void add(__mmask8 some, const float* weight, const std::int32_t* source,
                         const double* x) {
    const __m256i at = _mm256_maskz_loadu_epi32(some, source);
    const __m512d weights = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(some, weight));
    const __m512d rates = _mm512_mask_i32gather_pd(_mm512_setzero_pd(), some, at, x, 8);
    sum = _mm512_mask3_fmadd_pd(weights, rates, sum, some);
  }
  NOESIS_INLINE double total() const {
    const __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(sum), _mm512_extractf64x4_pd(sum, 1));
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
  }
};

/// weighted_sum() of one environment, with its bits.
template <class T>
NOESIS_INLINE T gathered_sum(const SynapseView& a, std::int64_t row, const T* x) {
  const std::int32_t* source = a.sources + a.row_begin[row];
  const float* weight = a.weights + a.row_begin[row];
  const std::int32_t count = a.row_count[row];
  LaneVector<T> lanes;
  for (std::int32_t group = 0; group < count / kSumLanes; ++group) {
    __builtin_prefetch(source + kStreamAhead / sizeof *source);
    __builtin_prefetch(weight + kStreamAhead / sizeof *weight);
    lanes.add(weight, source, x);
    source += kSumLanes;
    weight += kSumLanes;
  }
  const unsigned rest = static_cast<unsigned>(count % kSumLanes);
  if (rest != 0) lanes.add(static_cast<__mmask8>((1u << rest) - 1), weight, source, x);
  return lanes.total();
}
#endif

/// sum_j A_row,j x_j.
template <class T, int kWidth>
NOESIS_INLINE void weighted_sum(const SynapseView& a, std::int64_t row, const T* x, T* sum,
                                const RowFetch<T, kWidth>& fetch = {}) {
#if defined(__AVX512VL__)
  if constexpr (kWidth == 1) {
    *sum = gathered_sum(a, row, x);
    return;
  }
#endif
  const auto term = [x](auto& lane, T weight, std::int32_t source, int env) {
    const T* value = x + static_cast<std::int64_t>(source) * kWidth + env;
    for (int e = 0; e < static_cast<int>(sizeof(lane) / sizeof(T)); ++e) {
      lane[e] = math::fma(weight, value[e], lane[e]);
    }
  };
  sum_row<T, kWidth>(a, row, sum, term, fetch);
}

/// The same for rows [first, last), sum being (last - first) x width.
template <class T, int kWidth>
NOESIS_SHARED void weighted_sums(const SynapseView& a, std::int64_t first, std::int64_t last,
                                 std::int64_t num_neurons, const T* x, T* sum) {
  const bool far = is_far<T, kWidth>(num_neurons);
  for (std::int64_t i = first; i < last; ++i) {
    RowFetch<T, kWidth> fetch;
    if (far && i + 1 < num_neurons) fetch = {a, i + 1, x};
    weighted_sum<T, kWidth>(a, i, x, sum + (i - first) * kWidth, fetch);
  }
}

/// sum_j |A_row,j| x_j.
template <class T, int kWidth>
NOESIS_SHARED void absolute_sum(const SynapseView& a, std::int64_t row, const T* x, T* sum) {
  sum_row<T, kWidth>(a, row, sum, [x](auto& lane, T weight, std::int32_t source, int env) {
    const T* value = x + static_cast<std::int64_t>(source) * kWidth + env;
    for (int e = 0; e < static_cast<int>(sizeof(lane) / sizeof(T)); ++e) {
      lane[e] = math::fma(weight < T(0) ? -weight : weight, value[e], lane[e]);
    }
  });
}

/// sum_j a_row,j over junctions whose two ends transmit: what a gap current loses with x_row.
template <class T, int kWidth>
NOESIS_SHARED void gap_loss(const SynapseView& a, std::int64_t row, const T* transmits, T* sum) {
  sum_row<T, kWidth>(a, row, sum, [=](auto& lane, T weight, std::int32_t source, int env) {
    const std::int64_t at = static_cast<std::int64_t>(source) * kWidth + env;
    for (int e = 0; e < static_cast<int>(sizeof(lane) / sizeof(T)); ++e) {
      const T open =
          transmits == nullptr ? T(1) : transmits[at + e] * transmits[row * kWidth + env + e];
      lane[e] = math::fma(weight, open, lane[e]);
    }
  });
}

/// sum_j a_row,j (x_j - x_row), over junctions whose two ends transmit.
template <class T, int kWidth>
NOESIS_SHARED void gap_sum(const SynapseView& a, std::int64_t row, const T* x, const T* transmits,
                           T* sum) {
  const T* own = x + row * kWidth;
  if (transmits == nullptr) {
    sum_row<T, kWidth>(a, row, sum, [x, own](auto& lane, T weight, std::int32_t source, int env) {
      const T* value = x + static_cast<std::int64_t>(source) * kWidth + env;
      for (int e = 0; e < static_cast<int>(sizeof(lane) / sizeof(T)); ++e) {
        lane[e] = math::fma(weight, value[e] - own[env + e], lane[e]);
      }
    });
    return;
  }
  sum_row<T, kWidth>(a, row, sum,
                     [x, own, transmits](auto& lane, T weight, std::int32_t source, int env) {
                       const std::int64_t at = static_cast<std::int64_t>(source) * kWidth + env;
                       for (int e = 0; e < static_cast<int>(sizeof(lane) / sizeof(T)); ++e) {
                         const T current = (x[at + e] - own[env + e]) * transmits[at + e];
                         lane[e] = math::fma(weight, current, lane[e]);
                       }
                     });
  for (int e = 0; e < kWidth; ++e) sum[e] *= transmits[row * kWidth + e];
}

template <class T>
NOESIS_INLINE const T* gap_state(const TileView<T>& tile) {
  return tile.gap_state != nullptr ? tile.gap_state : tile.state;
}
template <class T>
NOESIS_INLINE const T* gap_transmits(const TileView<T>& tile) {
  return tile.gap_state != nullptr ? tile.gap_transmits : tile.transmits;
}

// Rows are worked on in blocks: sums first, then one SIMD loop of point-wise work over the block.
template <class T, int kWidth>
constexpr int kBlockRows = kWidth == 1 ? 64 : 8;

template <class Model, int kWidth>
void output_rows(const Model& model, const TileView<typename Model::Scalar>& tile,
                 typename Model::Scalar* output, std::int64_t first, std::int64_t last) {
  using T = typename Model::Scalar;
  constexpr int kComponents = Model::kNumComponents;
  const std::int64_t plane = tile.num_neurons * kWidth;
  for (std::int64_t n = first * kWidth; n < last * kWidth; ++n) {
    T x[kComponents];
    for (int c = 0; c < kComponents; ++c) x[c] = tile.state[c * plane + n];
    output[n] = model.output(x);
  }
  if (tile.transmits != nullptr) {
    for (std::int64_t n = first * kWidth; n < last * kWidth; ++n) {
      output[n] = tile.transmits[n] != T(0) ? output[n] : T(0);
    }
  }
}

/// What a block of neurons receives.
template <class Model, int kWidth>
struct BlockSums {
  using T = typename Model::Scalar;
  static constexpr std::int64_t kRows = kBlockRows<T, kWidth>;

  T input[kRows * kWidth] = {};
  T strength[has_strength<Model> ? kRows * kWidth : 1] = {};
  T gap[kRows * kWidth] = {};

  NOESIS_INLINE void sum(const TileView<T>& tile, std::int64_t begin, std::int64_t rows) {
    const std::int64_t count = rows * kWidth;
    if (tile.input != nullptr) {
      const T* sums = tile.input + begin * kWidth;
      for (std::int64_t n = 0; n < count; ++n) input[n] = sums[n];
    } else {
      weighted_sums<T, kWidth>(tile.synapses, begin, begin + rows, tile.num_neurons, tile.output,
                               input);
    }
    if constexpr (has_strength<Model>) {
      for (std::int64_t r = 0; r < rows; ++r) {
        absolute_sum<T, kWidth>(tile.synapses, begin + r, tile.output, strength + r * kWidth);
      }
    }
    if (tile.gap_junctions.row_begin != nullptr) {
      for (std::int64_t r = 0; r < rows; ++r) {
        gap_sum<T, kWidth>(tile.gap_junctions, begin + r, gap_state(tile), gap_transmits(tile),
                           gap + r * kWidth);
      }
    }
    if (tile.gain == nullptr) return;
    const T* gain = tile.gain + begin * kWidth;
    for (std::int64_t n = 0; n < count; ++n) input[n] *= gain[n];
    if constexpr (has_strength<Model>) {
      for (std::int64_t n = 0; n < count; ++n) strength[n] *= gain[n];
    }
  }

  template <class S>
  NOESIS_INLINE void derivative(const Model& model, const S* x, std::int64_t n, S gap_current,
                                S drive, S* dxdt) const {
    const T absolute = has_strength<Model> ? strength[has_strength<Model> ? n : 0] : T(0);
    evaluate(model, x, S(input[n]), S(absolute), gap_current, drive, dxdt);
  }
};

/// Whether a state variable is held where `moves` says so.
template <class T>
NOESIS_INLINE bool is_held(T moves, int component) {
  return component == 0 ? moves < kFree<T> : moves < kClamped<T>;
}

template <class Model, int kWidth>
void derivative_rows(const Model& parameters, const TileView<typename Model::Scalar>& tile,
                     std::int64_t first, std::int64_t last) {
  using T = typename Model::Scalar;
  constexpr int kComponents = Model::kNumComponents;
  constexpr std::int64_t kRows = kBlockRows<T, kWidth>;
  const Model model = parameters;  // a local copy: no store can alias it, so it stays in registers
  const std::int64_t plane = tile.num_neurons * kWidth;
  BlockSums<Model, kWidth> sums;
  for (std::int64_t begin = first; begin < last; begin += kRows) {
    const std::int64_t rows = last - begin < kRows ? last - begin : kRows;
    const std::int64_t count = rows * kWidth;
    sums.sum(tile, begin, rows);
    const T* state = tile.state + begin * kWidth;
    const T* drive = tile.drive + begin * kWidth;
    T* derivative = tile.derivative + begin * kWidth;
#pragma GCC ivdep
    for (std::int64_t n = 0; n < count; ++n) {
      T x[kComponents];
      T dxdt[kComponents];
      for (int c = 0; c < kComponents; ++c) x[c] = state[c * plane + n];
      sums.derivative(model, x, n, sums.gap[n], drive[n], dxdt);
      for (int c = 0; c < kComponents; ++c) derivative[c * plane + n] = dxdt[c];
    }
    if (tile.moves != nullptr) {
      const T* moves = tile.moves + begin * kWidth;
      for (int c = 0; c < kComponents; ++c) {
        for (std::int64_t n = 0; n < count; ++n) {
          if (is_held(moves[n], c)) derivative[c * plane + n] = T(0);
        }
      }
    }
  }
}

/// The derivative, and the Jacobian of each neuron on its own by one dual-number evaluation for
/// each state variable: a gap current falls with the neuron's own potential, its synaptic input is
/// constant.
template <class Model, int kWidth>
void linearise_rows(const Model& model, const TileView<typename Model::Scalar>& tile,
                    typename Model::Scalar* jacobian, std::int64_t first, std::int64_t last) {
  using T = typename Model::Scalar;
  constexpr int kComponents = Model::kNumComponents;
  constexpr std::int64_t kRows = kBlockRows<T, kWidth>;
  const std::int64_t plane = tile.num_neurons * kWidth;
  BlockSums<Model, kWidth> sums;
  T loss[kRows * kWidth] = {};
  for (std::int64_t begin = first; begin < last; begin += kRows) {
    const std::int64_t rows = last - begin < kRows ? last - begin : kRows;
    sums.sum(tile, begin, rows);
    if (tile.gap_junctions.row_begin != nullptr) {
      for (std::int64_t r = 0; r < rows; ++r) {
        gap_loss<T, kWidth>(tile.gap_junctions, begin + r, gap_transmits(tile), loss + r * kWidth);
      }
    }
    for (std::int64_t n = 0; n < rows * kWidth; ++n) {
      const std::int64_t at = begin * kWidth + n;
      const T moves = tile.moves != nullptr ? tile.moves[at] : kFree<T>;
      for (int direction = 0; direction < kComponents; ++direction) {
        Dual<T> x[kComponents];
        Dual<T> dxdt[kComponents];
        for (int c = 0; c < kComponents; ++c) {
          x[c] = Dual<T>(tile.state[c * plane + at], c == direction ? T(1) : T(0));
        }
        sums.derivative(model, x, n, Dual<T>(sums.gap[n], direction == 0 ? -loss[n] : T(0)),
                        Dual<T>(tile.drive[at]), dxdt);
        for (int c = 0; c < kComponents; ++c) {
          const bool held = is_held(moves, c);
          tile.derivative[c * plane + at] = held ? T(0) : dxdt[c].value;
          jacobian[(c * kComponents + direction) * plane + at] = held ? T(0) : dxdt[c].slope;
        }
      }
    }
  }
}

template <class Model, int kWidth>
void tangent_output_rows(const Model& model, const TangentView<typename Model::Scalar>& view,
                         std::int64_t first, std::int64_t last) {
  using T = typename Model::Scalar;
  constexpr int kComponents = Model::kNumComponents;
  const std::int64_t neurons = view.base.num_neurons;
  for (std::int64_t i = first; i < last; ++i) {
    T slope[kComponents];
    for (int direction = 0; direction < kComponents; ++direction) {
      Dual<T> x[kComponents];
      for (int c = 0; c < kComponents; ++c) {
        x[c] = Dual<T>(view.base.state[c * neurons + i], c == direction ? T(1) : T(0));
      }
      slope[direction] = model.output(x).slope;
    }
    for (int e = 0; e < kWidth; ++e) {
      T sum = T(0);
      for (int c = 0; c < kComponents; ++c) {
        sum = math::fma(slope[c], view.tangent[(c * neurons + i) * kWidth + e], sum);
      }
      if (view.base.transmits != nullptr && view.base.transmits[i] == T(0)) sum = T(0);
      view.tangent_output[i * kWidth + e] = sum;
    }
  }
}

/// du = J u. The point-wise Jacobian of a neuron, by one dual-number evaluation a direction (state
/// variables, input, gap), is applied to all lanes.
template <class Model, int kWidth>
void tangent_rows(const Model& model, const TangentView<typename Model::Scalar>& view,
                  std::int64_t first, std::int64_t last) {
  using T = typename Model::Scalar;
  constexpr int kComponents = Model::kNumComponents;
  constexpr int kDirections = kComponents + (has_strength<Model> ? 3 : 2);
  const TileView<T>& base = view.base;
  const std::int64_t neurons = base.num_neurons;
  const bool has_gaps = base.gap_junctions.row_begin != nullptr;
  for (std::int64_t i = first; i < last; ++i) {
    T input = T(0);
    T strength = T(0);
    T gap = T(0);
    T lanes[kDirections][kWidth] = {};  // u_c, input, gap, strength
    if constexpr (has_strength<Model>) {
      absolute_sum<T, 1>(base.synapses, i, base.output, &strength);
      absolute_sum<T, kWidth>(base.synapses, i, view.tangent_output, lanes[kComponents + 2]);
    }
    weighted_sums<T, 1>(base.synapses, i, i + 1, neurons, base.output, &input);
    weighted_sums<T, kWidth>(base.synapses, i, i + 1, neurons, view.tangent_output,
                             lanes[kComponents]);
    if (base.gain != nullptr) {
      input *= base.gain[i];
      strength *= base.gain[i];
      for (int e = 0; e < kWidth; ++e) lanes[kComponents][e] *= base.gain[i];
      if constexpr (has_strength<Model>) {
        for (int e = 0; e < kWidth; ++e) lanes[kComponents + 2][e] *= base.gain[i];
      }
    }
    if (has_gaps) {
      gap_sum<T, 1>(base.gap_junctions, i, base.state, base.transmits, &gap);
      if (base.transmits == nullptr) {
        gap_sum<T, kWidth>(base.gap_junctions, i, view.tangent, nullptr, lanes[kComponents + 1]);
      } else if (base.transmits[i] != T(0)) {
        const T* u = view.tangent;
        sum_row<T, kWidth>(base.gap_junctions, i, lanes[kComponents + 1],
                           [&](auto& lane, T weight, std::int32_t source, int env) {
                             const T open = weight * base.transmits[source];
                             for (int e = 0; e < static_cast<int>(sizeof(lane) / sizeof(T)); ++e) {
                               const T difference = u[std::int64_t{source} * kWidth + env + e] -
                                                    u[i * kWidth + env + e];
                               lane[e] = math::fma(open, difference, lane[e]);
                             }
                           });
      }
    }
    for (int c = 0; c < kComponents; ++c) {
      for (int e = 0; e < kWidth; ++e) lanes[c][e] = view.tangent[(c * neurons + i) * kWidth + e];
    }
    T jacobian[kDirections][kComponents];
    for (int d = 0; d < kDirections; ++d) {
      Dual<T> x[kComponents];
      Dual<T> dxdt[kComponents];
      for (int c = 0; c < kComponents; ++c) {
        x[c] = Dual<T>(base.state[c * neurons + i], c == d ? T(1) : T(0));
      }
      const auto along = [d](T value, int direction) {
        return Dual<T>(value, d == direction ? T(1) : T(0));
      };
      evaluate(model, x, along(input, kComponents), along(strength, kComponents + 2),
               along(gap, kComponents + 1), Dual<T>(base.drive[i]), dxdt);
      for (int c = 0; c < kComponents; ++c) jacobian[d][c] = dxdt[c].slope;
    }
    const T moves = base.moves != nullptr ? base.moves[i] : kFree<T>;
    for (int c = 0; c < kComponents; ++c) {
      const bool held = is_held(moves, c);
      T* out = view.derivative + (c * neurons + i) * kWidth;
      for (int e = 0; e < kWidth; ++e) {
        T sum = T(0);
        for (int d = 0; d < kDirections; ++d) sum = math::fma(jacobian[d][c], lanes[d][e], sum);
        out[e] = held ? T(0) : sum;
      }
    }
  }
}

template <class T, int kWidth>
void product_rows(const SynapseView& a, std::int64_t num_neurons, const T* x, T* y,
                  std::int64_t first, std::int64_t last) {
  weighted_sums<T, kWidth>(a, first, last, num_neurons, x, y + first * kWidth);
}

template <class T, int kWidth>
void delayed_rows(const DelayView<T>& view, std::int64_t step, T* input, std::int64_t first,
                  std::int64_t last) {
  const SynapseView& a = view.synapses;
  for (std::int64_t i = first; i < last; ++i) {
    T lanes[kSumLanes][kWidth] = {};
    const std::int64_t begin = a.row_begin[i];
    for (std::int64_t k = 0; k < a.row_count[i]; ++k) {
      const std::int64_t slot = (step - view.steps[begin + k]) & view.slot_mask;
      const T* value = view.past + (slot * view.num_neurons + a.sources[begin + k]) * kWidth;
      const T weight = static_cast<T>(a.weights[begin + k]);
      T(&lane)[kWidth] = lanes[k % kSumLanes];
      for (int e = 0; e < kWidth; ++e) lane[e] = math::fma(weight, value[e], lane[e]);
    }
    add_lanes<T, kWidth>(lanes, input + i * kWidth);
  }
}

}  // namespace

template <class Model>
const KernelSet<Model>& kernel_set() {
  constexpr int kWide = kTileWidth<typename Model::Scalar>;
  static constexpr KernelSet<Model> kSet = {
      {output_rows<Model, 1>, output_rows<Model, kWide>},
      {derivative_rows<Model, 1>, derivative_rows<Model, kWide>},
      {linearise_rows<Model, 1>, linearise_rows<Model, kWide>},
      {tangent_output_rows<Model, 1>, tangent_output_rows<Model, kWide>},
      {tangent_rows<Model, 1>, tangent_rows<Model, kWide>}};
  return kSet;
}

template <class T>
ProductFn<T> product(int width) {
  return width == 1 ? product_rows<T, 1> : product_rows<T, kTileWidth<T>>;
}

template <class T>
DelayedFn<T> delayed(int width) {
  return width == 1 ? delayed_rows<T, 1> : delayed_rows<T, kTileWidth<T>>;
}

#define NOESIS_INSTANTIATE(...) template const KernelSet<__VA_ARGS__>& kernel_set<__VA_ARGS__>();
NOESIS_FOR_EACH_MODEL(NOESIS_INSTANTIATE, float)
NOESIS_FOR_EACH_MODEL(NOESIS_INSTANTIATE, double)
template ProductFn<float> product<float>(int);
template ProductFn<double> product<double>(int);
template DelayedFn<float> delayed<float>(int);
template DelayedFn<double> delayed<double>(int);
#undef NOESIS_INSTANTIATE

}  // namespace noesis::NOESIS_ISA

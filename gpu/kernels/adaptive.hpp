#pragma once
/// What a step of Dormand-Prince does to arrays besides the slopes: linear combinations with a step
/// size of its own for each environment, the largest error of each, dense output. In the order and
/// precision of physics/dopri5.cpp and Boost.Odeint. Arrays are [tile][component][neuron][lane];
/// numbers of an environment are padded to whole tiles.

#include <cstdint>

#include "gpu/kernels/views.hpp"
#include "gpu/team.hpp"

namespace noesis::NOESIS_GPU {

/// out = sum_k factors_k inputs_k, from first to last. Rows are the values of a tile.
template <class T>
struct Combine {
  static constexpr int kTeamSize = 1;
  static constexpr int kMostTerms = 6;

  std::int64_t tile_size = 0;
  std::int32_t width = 1;
  std::int64_t padded_envs = 0;
  std::int32_t num_terms = 0;
  const T* inputs[kMostTerms] = {};
  const T* factors = nullptr;  // (num_terms x padded_envs)
  T* out = nullptr;

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t n, std::int64_t tile) const {
    const std::int64_t at = tile * tile_size + n;
    const std::int64_t env = tile * width + n % width;
    T sum = factors[env] * inputs[0][at];
    NOESIS_UNROLL
    for (int k = 1; k < kMostTerms; ++k) {
      if (k < num_terms) sum = sum + factors[k * padded_envs + env] * inputs[k][at];
    }
    out[at] = sum;
  }
};

/// The largest error so far and where it was found first.
struct WorstError {
  double ratio = 0;
  std::int64_t place = 0;  // component * num_neurons + neuron

  /// The larger; of equal ones the first.
  NOESIS_DEVICE void take(const WorstError& other) {
    const bool is_worse = other.ratio > ratio || (other.ratio == ratio && other.place < place);
    if (!is_worse) return;
    ratio = other.ratio;
    place = other.place;
  }
};

/// |error| / (atol + rtol (|x| + |h x'|)) of a chunk of a tile, for each of its environments; rows
/// are chunks. A maximum depends on no order.
template <class T, int kWidth>
struct FindErrors {
  static constexpr int kTeamSize = 32;
  static constexpr int kThreadsOfEnv = kTeamSize / kWidth;
  static constexpr std::int64_t kChunk = 1024;  // neurons of a component, in a row
  using ChunkTeam = Team<kTeamSize>;

  std::int64_t num_places = 0;  // components x neurons
  std::int64_t num_envs = 0;
  std::int64_t padded_envs = 0;
  double atol = 0, rtol = 0;
  const double* h = nullptr;  // (padded_envs)
  const T* base = nullptr;
  const T* slope = nullptr;
  const T* error = nullptr;
  const T* next = nullptr;
  WorstError* worst = nullptr;  // (num_chunks x padded_envs)

  static std::int64_t num_chunks(std::int64_t num_places) {
    return (num_places + kChunk - 1) / kChunk;
  }

  NOESIS_DEVICE void operator()(const ChunkTeam& team, std::int64_t chunk,
                                std::int64_t tile) const {
    typename ChunkTeam::template Slot<double> ratio, other_ratio;
    typename ChunkTeam::template Slot<std::int64_t> place, other_place;
    const std::int64_t begin = chunk * kChunk;
    const std::int64_t end = begin + kChunk < num_places ? begin + kChunk : num_places;
    team.each([&](int t) {
      const std::int64_t env = tile * kWidth + t % kWidth;
      WorstError own = {0, begin};
      if (env < num_envs) {
        const std::int64_t first = (tile * num_places) * kWidth + t % kWidth;
        for (std::int64_t p = begin + t / kWidth; p < end; p += kThreadsOfEnv) {
          own.take({ratio_at(first + p * kWidth, h[env]), p});
        }
      }
      ratio[t] = own.ratio;
      place[t] = own.place;
    });
    for (int mask = kTeamSize / 2; mask >= kWidth; mask /= 2) {
      team.exchange_xor(ratio, mask, other_ratio);
      team.exchange_xor(place, mask, other_place);
      team.each([&](int t) {
        WorstError own = {ratio[t], place[t]};
        own.take({other_ratio[t], other_place[t]});
        ratio[t] = own.ratio;
        place[t] = own.place;
      });
    }
    team.each([&](int t) {
      if (t >= kWidth) return;
      worst[chunk * padded_envs + tile * kWidth + t] = {ratio[t], place[t]};
    });
  }

 private:
  /// Infinite where the ratio or the state is not finite.
  NOESIS_DEVICE double ratio_at(std::int64_t at, double step) const {
    const auto size = [](double value) { return value < 0 ? -value : value; };
    const double scale = atol + rtol * (size(static_cast<double>(base[at])) +
                                        size(step) * size(static_cast<double>(slope[at])));
    const double ratio = size(static_cast<double>(error[at])) / scale;
    const bool is_finite = ratio - ratio == 0 && next[at] - next[at] == T(0);
    return is_finite ? ratio : kInfinity;
  }
  static constexpr double kInfinity = __builtin_huge_val();
};

/// The worst of all chunks of each environment, left in the first chunk's place. Rows are
/// environments.
struct ReduceErrors {
  static constexpr int kTeamSize = 1;

  std::int64_t padded_envs = 0;
  std::int64_t num_chunks = 0;
  WorstError* worst = nullptr;

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t env, std::int64_t) const {
    WorstError own = worst[env];
    for (std::int64_t chunk = 1; chunk < num_chunks; ++chunk) {
      own.take(worst[chunk * padded_envs + env]);
    }
    worst[env] = own;
  }
};

/// base = next, first slope = last slope, in environments whose `moves` is not 0.
template <class T>
struct CommitStep {
  static constexpr int kTeamSize = 1;

  std::int64_t tile_size = 0;
  std::int32_t width = 1;
  std::int64_t num_envs = 0;
  const std::uint8_t* moves = nullptr;  // (num_envs)
  const T* next = nullptr;
  const T* last_slope = nullptr;
  T* base = nullptr;
  T* first_slope = nullptr;

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t n, std::int64_t tile) const {
    const std::int64_t env = tile * width + n % width;
    if (env >= num_envs || moves[env] == 0) return;
    const std::int64_t at = tile * tile_size + n;
    base[at] = next[at];
    first_slope[at] = last_slope[at];
  }
};

/// Where a step's dense output is wanted, for one environment (physics/dormand_prince.hpp).
struct DevicePoint {
  double h = 0;
  double weights[6] = {};
  double is_end = 0;
};

/// The state within the step.
template <class T>
struct Interpolate {
  static constexpr int kTeamSize = 1;

  std::int64_t tile_size = 0;
  std::int32_t width = 1;
  std::int64_t num_envs = 0;
  const DevicePoint* points = nullptr;  // (num_envs)
  const T* base = nullptr;
  const T* next = nullptr;
  const T* slopes[6] = {};  // k1, k3, k4, k5, k6, k7
  T* x = nullptr;

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t n, std::int64_t tile) const {
    const std::int64_t env = tile * width + n % width;
    if (env >= num_envs) return;
    const std::int64_t at = tile * tile_size + n;
    const DevicePoint& point = points[env];
    double sum = point.weights[0] * static_cast<double>(slopes[0][at]);
    NOESIS_UNROLL
    for (int k = 1; k < 6; ++k) sum += point.weights[k] * static_cast<double>(slopes[k][at]);
    x[at] = point.is_end != 0 ? next[at]
                              : static_cast<T>(static_cast<double>(base[at]) + point.h * sum);
  }
};

}  // namespace noesis::NOESIS_GPU

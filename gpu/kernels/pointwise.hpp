#pragma once
/// Kernels without sums: one thread for each neuron and environment.

#include <cstdint>

#include "core/rng.hpp"
#include "gpu/kernels/views.hpp"
#include "gpu/team.hpp"
#include "physics/models/model.hpp"

namespace noesis::NOESIS_GPU {

/// What synapses carry at a state, silenced neurons 0. Rows are the values of a plane.
template <class Model>
struct Output {
  using T = typename Model::Scalar;
  static constexpr int kTeamSize = 1;

  Model model;
  std::int64_t plane = 0;        // values in one component of one tile
  const T* x = nullptr;          // [tile][component][plane]
  const T* transmits = nullptr;  // [tile][plane], or null
  T* output = nullptr;           // [tile][plane]
  std::int64_t stride = 0;       // from tile to tile of `output`

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t n, std::int64_t tile) const {
    T own[Model::kNumComponents];
    for (int c = 0; c < Model::kNumComponents; ++c) {
      own[c] = x[(tile * Model::kNumComponents + c) * plane + n];
    }
    const std::int64_t at = tile * plane + n;
    output[tile * stride + n] =
        transmits != nullptr && transmits[at] == T(0) ? T(0) : model.output(own);
  }
};

/// The increments that noise adds in a step: `scale` times a normal number for each state variable.
/// Rows are the values of a plane.
template <class T>
struct DrawNoise {
  static constexpr int kTeamSize = 1;

  NoiseView view;
  std::int64_t num_envs = 0;
  std::int64_t plane = 0;
  std::int32_t num_components = 1;
  std::int32_t width = 1;  // of a tile
  T* noise = nullptr;      // [tile][component][neuron][lane]

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t n, std::int64_t tile) const {
    const std::int64_t env = tile * width + n % width;
    if (env >= num_envs) return;
    const auto step = static_cast<std::uint64_t>(view.step - view.episode_start[env]);
    T* const own = noise + tile * num_components * plane + n;
    for (std::int32_t c = 0; c < num_components; c += 2) {
      const RandomPair pair = normal_pair_of(uniform_pair(view.seeds[env], Stream::kNoise, step,
                                                          static_cast<std::uint32_t>(n / width),
                                                          static_cast<std::uint32_t>(c / 2)));
      own[c * plane] = static_cast<T>(view.scale * pair.first);
      if (c + 1 < num_components) own[(c + 1) * plane] = static_cast<T>(view.scale * pair.second);
    }
  }
};

/// Sets what is held to its level.
template <class T>
struct Pin {
  static constexpr int kTeamSize = 1;

  std::int64_t plane = 0;
  std::int32_t num_components = 1;
  InputsView<T> inputs;  // with moves and level
  T* x = nullptr;

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t n, std::int64_t tile) const {
    const T moves = inputs.moves[tile * plane + n];
    for (int c = 0; c < num_components; ++c) {
      const bool held = c == 0 ? moves < kFree<T> : moves < kClamped<T>;
      if (held) x[(tile * num_components + c) * plane + n] = inputs.level[tile * plane + n];
    }
  }
};

/// gathered[tile][k][lane] = component 0 of neuron watched[k]. Rows are k and lane.
template <class T>
struct Gather {
  static constexpr int kTeamSize = 1;

  std::int64_t num_watched = 0;
  std::int64_t plane = 0;
  std::int32_t num_components = 1;
  std::int32_t width = 1;                 // of a tile
  const std::int64_t* watched = nullptr;  // (num_watched)
  const T* x = nullptr;                   // [tile][component][neuron][lane]
  T* gathered = nullptr;

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t n, std::int64_t tile) const {
    const std::int64_t at = watched[n / width] * width + n % width;
    gathered[tile * num_watched * width + n] = x[tile * num_components * plane + at];
  }
};

/// values[k] -> to[places[k]]. Rows are k, of one tile; a place that comes twice gets one value.
template <class T>
struct Scatter {
  static constexpr int kTeamSize = 1;

  const std::int64_t* places = nullptr;
  const T* values = nullptr;
  T* to = nullptr;

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t n, std::int64_t) const {
    to[places[n]] = values[n];
  }
};

/// Adds to *found the number of values that are infinite or no numbers. Rows are values, of one
/// tile.
template <class T>
struct FindNonFinite {
  static constexpr int kTeamSize = 1;

  const T* x = nullptr;
  std::int32_t* found = nullptr;

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t n, std::int64_t) const {
    if (!(x[n] - x[n] == T(0))) atomic_add(found, 1);
  }
};

}  // namespace noesis::NOESIS_GPU

#pragma once
/// What a batch's steps are made of: the kernels of its model and the coefficients of its method.

#include <functional>
#include <string>
#include <vector>

#include "gpu/kernels/pointwise.hpp"
#include "gpu/kernels/stage.hpp"
#include "gpu/launch.hpp"

namespace noesis::NOESIS_GPU {

/// The kernels of one model, for the width of a batch's tiles.
template <Real T>
struct ModelKernels {
  std::function<void(const StageView<T>&, std::int64_t num_tiles, ApiStream)> stage;
  /// x, transmits, output
  std::function<void(const T*, const T*, T*, std::int64_t plane, std::int64_t num_tiles, ApiStream)>
      output;
  bool output_is_first_component = false;
};

template <class Model, int kWidth>
ModelKernels<typename Model::Scalar> kernels_of(const Model& model) {
  using T = typename Model::Scalar;
  return {[model](const StageView<T>& view, std::int64_t num_tiles, ApiStream stream) {
            launch(Stage<Model, kWidth>{model, view}, view.batch.num_neurons, num_tiles, stream);
          },
          [model](const T* x, const T* transmits, T* output, std::int64_t plane,
                  std::int64_t num_tiles, ApiStream stream) {
            launch(Output<Model>{model, plane, x, transmits, output}, plane, num_tiles, stream);
          },
          Model::kOutputIsFirstComponent};
}

/// One stage of a method: what it adds to the sum of slopes, and where the next stage is.
template <Real T>
struct StageCoefficients {
  T a, b;
};

/// The tableaus as Boost.Odeint has them: coefficients in T, times dt in double, rounded to T.
template <Real T>
std::vector<StageCoefficients<T>> tableau(const std::string& name, double dt) {
  const auto scaled = [dt](T coefficient) { return static_cast<T>(coefficient * dt); };
  const T half = T(1) / T(2), third = T(1) / T(3), sixth = T(1) / T(6);
  if (name == "euler") return {{T(0), scaled(T(1))}};
  if (name == "heun") return {{scaled(T(1)), scaled(half)}, {T(0), scaled(half)}};
  return {{scaled(half), scaled(sixth)},
          {scaled(half), scaled(third)},
          {scaled(T(1)), scaled(third)},
          {T(0), scaled(sixth)}};
}

}  // namespace noesis::NOESIS_GPU

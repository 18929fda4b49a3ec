#pragma once
/// What a batch's steps are made of: the kernels of its model and the coefficients of its method.

#include <functional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "gpu/kernels/pointwise.hpp"
#include "gpu/kernels/rosenbrock.hpp"
#include "gpu/kernels/stage.hpp"
#include "gpu/launch.hpp"
#include "physics/models/models.hpp"
#include "physics/state.hpp"

namespace noesis::NOESIS_GPU {

/// The kernels of one model, for the width of a batch's tiles.
template <Real T>
struct ModelKernels {
  std::function<void(const StageView<T>&, std::int64_t num_tiles, ApiStream)> stage;
  /// The same of ros2, with the neurons' Jacobians.
  std::function<void(const StageView<T>&, T* jacobian, std::int64_t num_tiles, ApiStream)> implicit;
  /// x, transmits, output, of whose tiles each is `stride` after the one before
  std::function<void(const T*, const T*, T*, std::int64_t stride, std::int64_t plane,
                     std::int64_t num_tiles, ApiStream)>
      output;
  bool output_is_first_component = false;
};

template <class Model, int kWidth>
ModelKernels<typename Model::Scalar> kernels_of(const Model& model) {
  using T = typename Model::Scalar;
  return {
      [model](const StageView<T>& view, std::int64_t num_tiles, ApiStream stream) {
        if constexpr (kWidth > 1) {
          if (!view.gap_junctions.any()) {
            return launch(Stage<Model, kWidth, false>{{model, view}}, view.batch.num_neurons,
                          num_tiles, stream);
          }
        }
        launch(Stage<Model, kWidth, true>{{model, view}}, view.batch.num_neurons, num_tiles,
               stream);
      },
      [model](const StageView<T>& view, T* jacobian, std::int64_t num_tiles, ApiStream stream) {
        launch(Rosenbrock<Model, kWidth>{{model, view}, jacobian}, view.batch.num_neurons,
               num_tiles, stream);
      },
      [model](const T* x, const T* transmits, T* output, std::int64_t stride, std::int64_t plane,
              std::int64_t num_tiles, ApiStream stream) {
        launch(Output<Model>{model, plane, x, transmits, output, stride}, plane, num_tiles, stream);
      },
      Model::kOutputIsFirstComponent};
}

template <Real T>
ModelKernels<T> kernels_for(const ModelSpec& spec, std::int64_t tile_width) {
  return std::visit(
      [&](const auto& model) {
        using Model = std::decay_t<decltype(model)>;
        return tile_width == 1 ? kernels_of<Model, 1>(model)
                               : kernels_of<Model, kTileWidth<T>>(model);
      },
      make_model<T>(spec));
}

/// One stage of a method: what it adds to the sum of slopes, where the next stage is, and where in
/// the step, from 0 to 1, this one is.
template <Real T>
struct StageCoefficients {
  T a, b, fraction;
};

/// The tableaus as Boost.Odeint has them: coefficients in T, times dt in double, rounded to T.
template <Real T>
std::vector<StageCoefficients<T>> tableau(const std::string& name, double dt) {
  const auto scaled = [dt](T coefficient) { return static_cast<T>(coefficient * dt); };
  const T half = T(1) / T(2), third = T(1) / T(3), sixth = T(1) / T(6);
  const T whole = T(1), none = T(0);
  if (name == "euler") return {{none, scaled(whole), none}};
  if (name == "heun") return {{scaled(whole), scaled(half), none}, {none, scaled(half), whole}};
  if (name == "ros2") return {{scaled(whole), none, none}, {scaled(whole), none, whole}};
  return {{scaled(half), scaled(sixth), none},
          {scaled(half), scaled(third), half},
          {scaled(whole), scaled(third), half},
          {none, scaled(sixth), whole}};
}

}  // namespace noesis::NOESIS_GPU

#include "physics/reference_backend.hpp"

#include <cmath>

namespace noesis {

template <Real T>
ReferenceBackend<T>::ReferenceBackend(std::vector<ConnectomePtr> connectomes,
                                      const ModelSpec& model, BatchShape shape,
                                      const Surgeon<T>& surgeon)
    : connectomes_(std::move(connectomes)),
      model_(make_model<T>(model)),
      shape_(shape),
      surgeon_(surgeon) {}

template <Real T>
void ReferenceBackend<T>::derivative(const State<T>& x, State<T>& dxdt) {
  const auto at = [&](const T* array, std::int64_t env, std::int64_t i, T otherwise) {
    return array == nullptr ? otherwise : array[i * shape_.tile_width + env % shape_.tile_width];
  };
  const auto evaluate = [&](const auto& model, std::int64_t env, std::int64_t i) {
    const Connectome& brain =
        *connectomes_[connectomes_.size() == 1 ? 0 : static_cast<std::size_t>(env)];
    const std::int64_t tile = env / shape_.tile_width;
    const T* transmits = surgeon_.transmits(tile);
    const auto variables = [&](std::int64_t neuron, T* values) {
      for (int c = 0; c < shape_.num_components; ++c) values[c] = x.at(env, c, neuron);
    };
    T own[8], other[8], slope[8];
    variables(i, own);
    T input = 0, strength = 0;
    const auto row_sources = brain.synapses().row_sources(i);
    const auto row_weights = brain.synapses().row_weights(i);
    for (std::size_t k = 0; k < row_sources.size(); ++k) {
      variables(row_sources[k], other);
      if (at(transmits, env, row_sources[k], 1) == 0) continue;
      input += row_weights[k] * model.output(other);
      strength += std::abs(row_weights[k]) * model.output(other);
    }
    input *= at(surgeon_.gain(tile), env, i, 1);
    strength *= at(surgeon_.gain(tile), env, i, 1);
    T gap = 0;
    if (!brain.gap_junctions().empty() && at(transmits, env, i, 1) != 0) {
      const auto gap_sources = brain.gap_junctions().row_sources(i);
      const auto gap_weights = brain.gap_junctions().row_weights(i);
      for (std::size_t k = 0; k < gap_sources.size(); ++k) {
        if (at(transmits, env, gap_sources[k], 1) == 0) continue;
        gap += gap_weights[k] * (x.at(env, 0, gap_sources[k]) - own[0]);
      }
    }
    const T drive = at(surgeon_.drive(tile), env, i, 0);
    noesis::evaluate(model, own, input, strength, gap, drive, slope);
    for (int c = 0; c < shape_.num_components; ++c) {
      dxdt.at(env, c, i) = surgeon_.holds(env, c, i) ? T(0) : slope[c];
    }
  };
  std::visit(
      [&](const auto& model) {
        for (std::int64_t env = 0; env < shape_.num_envs; ++env) {
          for (std::int64_t i = 0; i < shape_.num_neurons; ++i) evaluate(model, env, i);
        }
      },
      model_);
}

template <Real T>
void ReferenceBackend<T>::tangent(const State<T>& x, const State<T>& u, State<T>& dudt) {
  const T h = T(sizeof(T) == 8 ? 1e-5 : 1e-2);
  State<T> plus = x, minus = x, plus_slope(shape_), minus_slope(shape_);
  const auto each = [&](const auto& body) {
    for (int c = 0; c < shape_.num_components; ++c) {
      for (std::int64_t i = 0; i < shape_.num_neurons; ++i) body(c, i);
    }
  };
  for (std::int64_t v = 0; v < u.shape().num_envs; ++v) {
    each([&](int c, std::int64_t i) {
      plus.at(0, c, i) = x.at(0, c, i) + h * u.at(v, c, i);
      minus.at(0, c, i) = x.at(0, c, i) - h * u.at(v, c, i);
    });
    derivative(plus, plus_slope);
    derivative(minus, minus_slope);
    each([&](int c, std::int64_t i) {
      dudt.at(v, c, i) = (plus_slope.at(0, c, i) - minus_slope.at(0, c, i)) / (2 * h);
    });
  }
}

template class ReferenceBackend<float>;
template class ReferenceBackend<double>;

}  // namespace noesis

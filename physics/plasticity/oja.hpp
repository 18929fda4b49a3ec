#pragma once
/// Oja's rule on the synapses that are there:
///   dw_ij = eta y_i (x_j - y_i w_ij)
/// Where y_i = sum_j w_ij x_j, the inputs of a neuron turn to the principal eigenvector of the
/// covariance of its sources, at norm 1 (Oja, J Math Biol 15:267, 1982). It is local to the row and
/// needs no memory of its own.
///
/// | parameter | symbol | unit | range |
/// |---|---|---|---|
/// | learning_rate | eta | 1 / (rate^2 sample) | (0, 1]; stable where eta times the largest
/// eigenvalue < 1 |
///
/// Weights are float: changes below 6e-8 of a weight are lost, so that eta y^2 should be well
/// above.

#include <cstdint>
#include <span>

#include "core/config.hpp"
#include "core/math.hpp"
#include "core/threads.hpp"
#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {

/// The `[plasticity.oja]` section.
struct OjaSpec {
  double learning_rate = 1e-4;

  template <class V>
  void visit(V& v) {
    v("learning_rate", learning_rate, "Learning rate of a sample", between(0, 1).without_low());
  }
};

/// @throws ConfigError for a learning rate out of range.
void check_learning_rate(double learning_rate);

/// One weight after one sample, by the products x_j y_i and y_i^2, or after many samples by their
/// means.
template <Real T>
NOESIS_HOST_DEVICE T oja_step(T weight, T xy, T yy, T learning_rate) noexcept {
  return weight + learning_rate * (xy - yy * weight);
}

/// The rule on one row, whose weights are of any precision. `x` (num_neurons) are the rates of the
/// sources, `y` is the rate of the row's neuron.
template <Real Weight, Real T>
void oja_row(std::span<const std::int32_t> sources, std::span<Weight> weights, std::span<const T> x,
             T y, T learning_rate) noexcept {
  const std::int32_t* source = sources.data();
  Weight* weight = weights.data();
  const T* rate = x.data();
  const auto count = static_cast<std::int64_t>(weights.size());
  const T yy = y * y;
#pragma GCC ivdep  // weights are no rates: a store changes nothing that is read
  for (std::int64_t k = 0; k < count; ++k) {
    const T old = static_cast<T>(weight[k]);
    weight[k] = static_cast<Weight>(oja_step(old, rate[source[k]] * y, yy, learning_rate));
  }
}

/// The rule on all rows: `x` and `y` (num_neurons) are what neurons send and how they respond,
/// which may be the same rates. The same bits for any arena.
/// @throws ConfigError for a learning rate out of range, InternalError for spans of other lengths.
template <Real T>
void oja(PlasticConnectome& connectome, std::span<const T> x, std::span<const T> y,
         double learning_rate, const ThreadArena& arena);

}  // namespace noesis

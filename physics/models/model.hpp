#pragma once
/// What a neuron model is. A model is a struct template over the precision with a point-wise
/// derivative; kernels, integrators and Lyapunov exponents need nothing else of it:
///
///   struct MyModelParameters { double tau_ms = 10; ...; template <class V> void visit(V& v); };
///   template <Real T> struct MyModel {
///     using Scalar = T;
///     using Parameters = MyModelParameters;
///     static constexpr std::string_view kName = "my_model";
///     static constexpr int kNumComponents = 1;                        // state variables a neuron
///     static constexpr std::array<std::string_view, 1> kComponents = {"x"};
///     static constexpr bool kOutputIsFirstComponent = false;          // output(x) == x[0]
///     explicit MyModel(const Parameters& p);
///     template <class S> NOESIS_HOST_DEVICE S output(const S* x) const;   // what a synapse
///     carries template <class S> NOESIS_HOST_DEVICE void derivative(const S* x, S input, S gap, S
///     drive, S* dxdt) const;
///   };
///
/// A model whose synapses are conductances may also ask for `strength`, sum_j |W_ij| output(x_j),
/// by `static constexpr bool kHasStrength = true` and derivative(x, input, strength, gap, drive,
/// dxdt).
///
/// `input` is sum_j W_ij output(x_j); `gap` is sum_j a_ij (x_j[0] - x_i[0]); `drive` is the
/// neuron's bias plus the injected current. S is T, or Dual<T> when the Jacobian is taken, so a
/// model is written once and differentiated exactly. Write it without branches on values that vary
/// between neurons (a conditional expression is fine), so that it turns into SIMD code.
/// Registration: docs/guides/add-a-model.md.

#include "core/math.hpp"

namespace noesis {

/// A value and its derivative along one direction (forward-mode automatic differentiation).
template <Real T>
struct Dual {
  T value{};
  T slope{};

  Dual() = default;
  NOESIS_HOST_DEVICE Dual(T v) : value(v) {}
  NOESIS_HOST_DEVICE Dual(T v, T s) : value(v), slope(s) {}

  NOESIS_HOST_DEVICE friend Dual operator-(Dual a) { return {-a.value, -a.slope}; }
  NOESIS_HOST_DEVICE friend Dual operator+(Dual a, Dual b) {
    return {a.value + b.value, a.slope + b.slope};
  }
  NOESIS_HOST_DEVICE friend Dual operator-(Dual a, Dual b) {
    return {a.value - b.value, a.slope - b.slope};
  }
  NOESIS_HOST_DEVICE friend Dual operator*(Dual a, Dual b) {
    return {a.value * b.value, a.slope * b.value + a.value * b.slope};
  }
  NOESIS_HOST_DEVICE friend Dual operator/(Dual a, Dual b) {
    const T q = a.value / b.value;
    return {q, (a.slope - q * b.slope) / b.value};
  }
};

namespace math {
template <Real T>
NOESIS_HOST_DEVICE Dual<T> sigmoid(Dual<T> x) {
  const T y = sigmoid(x.value);
  return {y, y * (T(1) - y) * x.slope};
}
template <Real T>
NOESIS_HOST_DEVICE Dual<T> tanh(Dual<T> x) {
  const T y = tanh(x.value);
  return {y, (T(1) - y * y) * x.slope};
}
/// max(x, 0), with slope 0 at 0.
template <Real T>
NOESIS_HOST_DEVICE T relu(T x) {
  return x > T(0) ? x : T(0);
}
template <Real T>
NOESIS_HOST_DEVICE Dual<T> relu(Dual<T> x) {
  return {relu(x.value), x.value > T(0) ? x.slope : T(0)};
}
}  // namespace math

/// Whether a model asks for the absolute input too.
template <class Model>
inline constexpr bool has_strength = requires { Model::kHasStrength; };

/// The model's derivative; `strength` is not read unless it asks for it.
template <class Model, class S>
NOESIS_HOST_DEVICE void evaluate(const Model& model, const S* x, S input,
                                 [[maybe_unused]] S strength, S gap, S drive, S* dxdt) {
  if constexpr (has_strength<Model>) {
    model.derivative(x, input, strength, gap, drive, dxdt);
  } else {
    model.derivative(x, input, gap, drive, dxdt);
  }
}

}  // namespace noesis

#pragma once
/// Lorenz's convection model (Lorenz, J. Atmos. Sci. 20:130, 1963), one oscillator a node; the
/// reference of chaotic dynamics. A network of them couples through x:
///
///   x' = sigma (y - x) + G input + drive + g gap,   y' = x (rho - z) - y,   z' = x y - beta z
///
/// input_i = sum_j W_ij x_j. Time is Lorenz's own unit; here one unit is one millisecond.

#include <array>
#include <string_view>

#include "core/config.hpp"
#include "physics/models/model.hpp"

namespace noesis {

struct Lorenz63Parameters {
  double sigma = 10;
  double rho = 28;
  double beta = 8.0 / 3.0;
  double coupling = 1;
  double gap_coupling = 0;

  template <class V>
  void visit(V& v) {
    v("sigma", sigma, "Prandtl number");
    v("rho", rho, "Rayleigh number over its critical value");
    v("beta", beta, "Aspect parameter");
    v("coupling", coupling, "Gain of the synaptic input");
    v("gap_coupling", gap_coupling, "Gain of the gap-junction current", at_least(0));
  }
};

template <Real T>
struct Lorenz63 {
  using Scalar = T;
  using Parameters = Lorenz63Parameters;
  static constexpr std::string_view kName = "lorenz63";
  static constexpr int kNumComponents = 3;
  static constexpr std::array<std::string_view, 3> kComponents = {"x", "y", "z"};
  static constexpr bool kOutputIsFirstComponent = true;

  explicit Lorenz63(const Parameters& p)
      : sigma(T(p.sigma)),
        rho(T(p.rho)),
        beta(T(p.beta)),
        coupling(T(p.coupling)),
        gap_coupling(T(p.gap_coupling)) {}

  template <class S>
  NOESIS_HOST_DEVICE S output(const S* x) const {
    return x[0];
  }

  template <class S>
  NOESIS_HOST_DEVICE void derivative(const S* x, S input, S gap, S drive, S* dxdt) const {
    dxdt[0] = S(sigma) * (x[1] - x[0]) + S(coupling) * input + drive + S(gap_coupling) * gap;
    dxdt[1] = x[0] * (S(rho) - x[2]) - x[1];
    dxdt[2] = x[0] * x[1] - S(beta) * x[2];
  }

  T sigma, rho, beta, coupling, gap_coupling;
};

}  // namespace noesis

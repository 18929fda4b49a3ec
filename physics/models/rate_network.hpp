#pragma once
/// Rate network with additive inputs (Sompolinsky, Crisanti & Sommers, Phys. Rev. Lett. 61:259,
/// 1988):
///
///   tau x' = -x + g input + bias + current + g_gap gap,   input_i = sum_j W_ij phi(x_j)
///
/// phi is one of tanh, logistic 1/(1+e^-x), relu_power max(x, 0)^p (p = 1, 2 or 3). With tanh and
/// W_ij ~ N(0, g^2/N) the network is chaotic above g = 1 as N grows without bound.

#include <array>
#include <string>
#include <string_view>

#include "core/config.hpp"
#include "physics/models/model.hpp"

namespace noesis {

struct RateNetworkParameters {
  double tau_ms = 10;
  std::string activation = "tanh";
  std::int64_t power = 1;
  double coupling = 1;
  double gap_coupling = 0;

  template <class V>
  void visit(V& v) {
    v("tau_ms", tau_ms, "Time constant [ms]", greater_than(0));
    v("activation", activation, "Activation function phi",
      one_of({"tanh", "logistic", "relu_power"}));
    v("power", power, "Exponent of relu_power", between(1, 3));
    v("coupling", coupling, "Gain of the synaptic input");
    v("gap_coupling", gap_coupling, "Gain of the gap-junction current", at_least(0));
  }
};

enum class Activation { kTanh, kLogistic, kReluPower };

template <Real T, Activation kActivation>
struct RateNetwork {
  using Scalar = T;
  using Parameters = RateNetworkParameters;
  static constexpr std::string_view kName = "rate";
  static constexpr int kNumComponents = 1;
  static constexpr std::array<std::string_view, 1> kComponents = {"x"};
  static constexpr bool kOutputIsFirstComponent = false;

  explicit RateNetwork(const Parameters& p)
      : rate(T(1 / p.tau_ms)),
        coupling(T(p.coupling)),
        gap_coupling(T(p.gap_coupling)),
        power(static_cast<int>(p.power)) {}

  template <class S>
  NOESIS_HOST_DEVICE S output(const S* x) const {
    if constexpr (kActivation == Activation::kTanh) {
      return math::tanh(x[0]);
    } else if constexpr (kActivation == Activation::kLogistic) {
      return math::sigmoid(x[0]);
    } else {
      const S r = math::relu(x[0]);
      const S r2 = r * r;
      return power == 1 ? r : (power == 2 ? r2 : r2 * r);
    }
  }

  template <class S>
  NOESIS_HOST_DEVICE void derivative(const S* x, S input, S gap, S drive, S* dxdt) const {
    dxdt[0] = S(rate) * (S(coupling) * input - x[0] + drive + S(gap_coupling) * gap);
  }

  T rate, coupling, gap_coupling;
  int power;
};

}  // namespace noesis

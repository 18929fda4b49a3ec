#pragma once
/// Graded-potential neurons of C. elegans in conductance form (Wicks, Roehrig & Rankin, J Neurosci
/// 16:4017, 1996; parameters of Kunert, Shlizerman & Kutz, Phys Rev E 89:052805, 2014):
///
///   C V_i' = -G (V_i - E_leak) + g_gap sum_j a_ij (V_j - V_i)
///            + g_syn [exc_i (E_exc - V_i) + inh_i (E_inh - V_i)] + drive_i
///   s_i'   = a_r sigmoid(beta (V_i - V_th)) (1 - s_i) - a_d s_i
///
/// exc_i = sum of w_ij s_j over w_ij > 0, inh_i = sum of |w_ij| s_j over w_ij < 0: the sign of a
/// weight chooses the reversal potential, its size counts contacts. The paper solves for a
/// threshold V_th of each neuron; here all have the same one.
///
/// | parameter | symbol | default | unit |
/// |---|---|---|---|
/// | capacitance_pf      | C      | 1.5   | pF |
/// | leak_ps             | G      | 10    | pS |
/// | leak_mv             | E_leak | -35   | mV |
/// | synapse_ps          | g_syn  | 100   | pS a contact |
/// | gap_ps              | g_gap  | 100   | pS a contact |
/// | excitatory_mv       | E_exc  | 0     | mV |
/// | inhibitory_mv       | E_inh  | -48   | mV |
/// | slope_per_mv        | beta   | 0.125 | 1 / mV |
/// | threshold_mv        | V_th   | -35   | mV |
/// | rise_per_s          | a_r    | 0.667 | 1 / s |
/// | decay_per_s         | a_d    | 3.33  | 1 / s |
///
/// Drive is in fA (pS mV). The worm's gap junctions and synapses make it stiff: use ros2.

#include <array>
#include <string_view>

#include "core/config.hpp"
#include "physics/models/model.hpp"

namespace noesis {

struct GradedParameters {
  double capacitance_pf = 1.5;
  double leak_ps = 10;
  double leak_mv = -35;
  double synapse_ps = 100;
  double gap_ps = 100;
  double excitatory_mv = 0;
  double inhibitory_mv = -48;
  double slope_per_mv = 0.125;
  double threshold_mv = -35;
  double rise_per_s = 1 / 1.5;
  double decay_per_s = 5 / 1.5;

  /// Membrane time constant C / G [ms].
  double tau_ms() const { return 1000 * capacitance_pf / leak_ps; }

  template <class V>
  void visit(V& v) {
    v("capacitance_pf", capacitance_pf, "Membrane capacitance [pF]", greater_than(0));
    v("leak_ps", leak_ps, "Leak conductance [pS]", greater_than(0));
    v("leak_mv", leak_mv, "Leak potential [mV]");
    v("synapse_ps", synapse_ps, "Synaptic conductance of a contact [pS]", at_least(0));
    v("gap_ps", gap_ps, "Gap-junction conductance of a contact [pS]", at_least(0));
    v("excitatory_mv", excitatory_mv, "Reversal potential of positive weights [mV]");
    v("inhibitory_mv", inhibitory_mv, "Reversal potential of negative weights [mV]");
    v("slope_per_mv", slope_per_mv, "Slope of synaptic activation [1/mV]", greater_than(0));
    v("threshold_mv", threshold_mv, "Potential of half activation [mV]");
    v("rise_per_s", rise_per_s, "Rate at which synapses activate [1/s]", greater_than(0));
    v("decay_per_s", decay_per_s, "Rate at which they deactivate [1/s]", greater_than(0));
  }
};

template <Real T>
struct Graded {
  using Scalar = T;
  using Parameters = GradedParameters;
  static constexpr std::string_view kName = "graded";
  static constexpr int kNumComponents = 2;
  static constexpr std::array<std::string_view, 2> kComponents = {"V", "s"};
  static constexpr bool kOutputIsFirstComponent = false;
  static constexpr bool kHasStrength = true;

  explicit Graded(const Parameters& p)
      : leak(T(1e-3 * p.leak_ps / p.capacitance_pf)),
        leak_potential(T(p.leak_mv)),
        synapse(T(0.5e-3 * p.synapse_ps / p.capacitance_pf)),
        gap_conductance(T(1e-3 * p.gap_ps / p.capacitance_pf)),
        current(T(1e-3 / p.capacitance_pf)),
        excitatory(T(p.excitatory_mv)),
        inhibitory(T(p.inhibitory_mv)),
        slope(T(p.slope_per_mv)),
        threshold(T(p.threshold_mv)),
        rise(T(1e-3 * p.rise_per_s)),
        decay(T(1e-3 * p.decay_per_s)) {}

  template <class S>
  NOESIS_HOST_DEVICE S output(const S* x) const {
    return x[1];
  }

  /// `strength` is sum_j |W_ij| output(x_j).
  template <class S>
  NOESIS_HOST_DEVICE void derivative(const S* x, S input, S strength, S gap, S drive,
                                     S* dxdt) const {
    const S synaptic =
        (strength + input) * (S(excitatory) - x[0]) + (strength - input) * (S(inhibitory) - x[0]);
    dxdt[0] = S(leak) * (S(leak_potential) - x[0]) + S(gap_conductance) * gap +
              S(synapse) * synaptic + S(current) * drive;
    const S activation = math::sigmoid(S(slope) * (x[0] - S(threshold)));
    dxdt[1] = S(rise) * activation * (S(T(1)) - x[1]) - S(decay) * x[1];
  }

  T leak, leak_potential, synapse, gap_conductance, current, excitatory, inhibitory, slope,
      threshold, rise, decay;
};

}  // namespace noesis

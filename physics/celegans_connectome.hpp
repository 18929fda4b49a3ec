#pragma once
/// C. elegans as a connectome to simulate: the 302 neurons of data/celegans.hpp with signed, scaled
/// weights. The scaling and part of the signs are conventions, not measurements: more than half of
/// the connections have no predicted polarity.

#include <cstdint>
#include <string>

#include "core/config.hpp"
#include "physics/connectome.hpp"

namespace noesis {

struct CelegansParameters {
  /// "convention": the predicted polarity (Fenyves et al. 2020) where it is + or -, else - if the
  /// presynaptic transmitter is GABA or glutamate, else + (without autapses: 1,003 of 3,604 are
  /// negative). "all_positive": every synapse excites.
  std::string signs = "convention";
  /// "log1p_l2": w_ij = s_ij log(1 + count_ij) / L2 norm of row i, so that every neuron with inputs
  /// has a row of norm 1; gap weights a_ij = log(1 + count_ij), scaled so that the mean row sum
  /// over all 302 rows is 1. "count": w_ij = s_ij count_ij, a_ij = count_ij.
  std::string weights = "log1p_l2";
  bool autapses = false;  ///< keep the 34 synapses of neurons onto themselves
  /// 0: as measured. Else the wiring is randomised with every degree kept (physics/rewire.hpp),
  /// with this seed.
  std::int64_t rewire_seed = 0;

  template <class V>
  void visit(V& v) {
    v("signs", signs, "signs of the synapses", one_of({"convention", "all_positive"}));
    v("weights", weights, "scaling of the section counts", one_of({"log1p_l2", "count"}));
    v("autapses", autapses, "keep synapses of neurons onto themselves");
    v("rewire_seed", rewire_seed, "0 or the seed of a degree-preserving randomisation",
      at_least(0));
  }
};

/// Builds it, with names, types, transmitters, positions, and region "pharyngeal" or "somatic";
/// neuron signs are unknown (a neuron may excite one target and inhibit another). Thread-safe,
/// milliseconds.
/// @throws ConfigError for a parameter that is not one of the above.
Connectome celegans_connectome(const CelegansParameters& parameters = {});

}  // namespace noesis

#pragma once
/// How far fitted weights are from the planted ones.

#include <span>
#include <vector>

#include "physics/connectome.hpp"

namespace noesis {

struct WeightScore {
  double error = 0;        ///< |fitted - true| / |true|, over the synapses of either
  double correlation = 0;  ///< Pearson's, over the same; 0 where either does not vary
};

/// `fitted` (num_synapses of `wiring`) against the weights of `truth`; a synapse that one of the
/// two does not have is 0 there. Both have the same number of neurons.
WeightScore score_weights(const Connectome& truth, const Connectome& wiring,
                          std::span<const double> fitted);

/// Pairs (true, fitted) of the synapses of either, by target, then source.
struct WeightPairs {
  std::vector<double> truth, fitted;
};
WeightPairs pair_weights(const Connectome& truth, const Connectome& wiring,
                         std::span<const double> fitted);

}  // namespace noesis

#pragma once
/// Artificial connectomes. Each is a pure function of (parameters, seed): every row has a random
/// sequence of its own, and a weight depends on (seed, source, target) alone. Time and memory grow
/// with the number of synapses, not with num_neurons^2. All throw ConfigError for a parameter out
/// of range or more synapses than the memory holds.

#include <cstdint>
#include <string>

#include "core/config.hpp"
#include "physics/connectome.hpp"

namespace noesis {

/// Gaussian weights of gain g: w_ij ~ N(0, g^2 / k) with k the expected in-degree, p N. With
/// density 1 this is the fully connected network of Sompolinsky, Crisanti and Sommers (Phys. Rev.
/// Lett. 61, 1988), J_ij ~ N(0, g^2 / N), chaotic for g > 1 when N is large.
///
/// Parameter   | Symbol | Default | Unit | Range
/// num_neurons | N      | 500     |      | 1 to 2^31 - 1
/// density     | p      | 1       |      | (0, 1]
/// in_degree   | k      | 0       |      | 0: by density; else 1 to the number of possible sources
/// gain        | g      | 1.5     |      | >= 0
/// autapses    |        | false   |      |
struct RandomParameters {
  std::int64_t num_neurons = 500;
  double density = 1;          ///< probability of each link
  std::int64_t in_degree = 0;  ///< exactly this many inputs a neuron, in place of a density
  double gain = 1.5;
  bool autapses = false;

  template <class V>
  void visit(V& v) {
    v("num_neurons", num_neurons, "neurons", between(1, 2147483647));
    v("density", density, "probability of each link",
      Constraint{.low = 0, .high = 1, .low_is_open = true, .choices = {}});
    v("in_degree", in_degree, "inputs of each neuron; 0: by density", at_least(0));
    v("gain", gain, "standard deviation of a weight times the root of the in-degree", at_least(0));
    v("autapses", autapses, "allow synapses of neurons onto themselves");
  }
};
Connectome random_connectome(const RandomParameters& parameters, std::uint64_t seed);

/// The wiring of the reference brain, for Wilson-Cowan nodes: a link j -> i with probability k / (N
/// - 1), k = min(in_links, N - 1), no autapses. Weights:
///   "signed"     w ~ N(0, 1) / sqrt(k)
///   "excitatory" w = exp(N(0, 1)) / (sqrt(e) k), log-normal with mean 1 / k (sqrt(e) = 1.6487)
///
/// Parameter   | Symbol | Default  | Unit | Range
/// num_neurons | N      | 50       |      | 2 to 2^31 - 1
/// in_links    | k      | 10       |      | >= 1
/// weights     | w      | "signed" |      | "signed", "excitatory"
struct ReferenceParameters {
  std::int64_t num_neurons = 50;
  std::int64_t in_links = 10;  ///< expected inputs of a neuron
  std::string weights = "signed";

  template <class V>
  void visit(V& v) {
    v("num_neurons", num_neurons, "nodes", between(2, 2147483647));
    v("in_links", in_links, "expected inputs of a node", at_least(1));
    v("weights", weights, "law of the weights", one_of({"signed", "excitatory"}));
  }
};
Connectome reference_connectome(const ReferenceParameters& parameters, std::uint64_t seed);

/// Two hemispheres of equal size (the left one has the odd neuron), wired at random inside, joined
/// by callosal synapses. Weights as in random_connectome, k being the expected in-degree of the
/// neuron. Region names are "left" (first) and "right". No autapses.
///
/// Parameter         | Symbol | Default | Unit | Range
/// num_neurons       | N      | 1000    |      | 2 to 2^31 - 1
/// density           | p      | 0.1     |      | [0, 1]
/// callosal_fraction | f      | 0.05    |      | [0, 1), and small enough for p f / (1 - f) links
/// to exist gain              | g      | 1.5     |      | >= 0
struct ModularParameters {
  std::int64_t num_neurons = 1000;
  double density = 0.1;             ///< probability of each link inside a hemisphere
  double callosal_fraction = 0.05;  ///< expected fraction of the synapses that cross
  double gain = 1.5;

  template <class V>
  void visit(V& v) {
    v("num_neurons", num_neurons, "neurons in both hemispheres", between(2, 2147483647));
    v("density", density, "probability of each link inside a hemisphere", between(0, 1));
    v("callosal_fraction", callosal_fraction, "fraction of synapses that cross", between(0, 1));
    v("gain", gain, "standard deviation of a weight times the root of the in-degree", at_least(0));
  }
};
Connectome modular_connectome(const ModularParameters& parameters, std::uint64_t seed);

/// A ring whose links are rewired at random, after Watts and Strogatz (Nature 393, 1998), directed:
/// neuron i has an input from each of the k nearest neurons (k/2 on either side), and each source
/// is replaced with probability beta by another one, drawn from those that are no input of i.
/// Weights as in random_connectome. No autapses.
///
/// Parameter   | Symbol | Default | Unit | Range
/// num_neurons | N      | 1000    |      | 3 to 2^31 - 1
/// neighbours  | k      | 10      |      | even, 2 to N - 1
/// rewiring    | beta   | 0.1     |      | [0, 1]
/// gain        | g      | 1.5     |      | >= 0
struct SmallworldParameters {
  std::int64_t num_neurons = 1000;
  std::int64_t neighbours = 10;  ///< inputs of each neuron
  double rewiring = 0.1;         ///< probability that a link is not to a neighbour
  double gain = 1.5;

  template <class V>
  void visit(V& v) {
    v("num_neurons", num_neurons, "neurons", between(3, 2147483647));
    v("neighbours", neighbours, "inputs of each neuron, even", at_least(2));
    v("rewiring", rewiring, "probability that a source is any neuron", between(0, 1));
    v("gain", gain, "standard deviation of a weight times the root of the in-degree", at_least(0));
  }
};
Connectome smallworld_connectome(const SmallworldParameters& parameters, std::uint64_t seed);

/// Wiring with statistics like those of the whole brain of the fly: by default the in-degree and
/// the reciprocity of Lin et al. (Nature 634, 2024: 127,978 neurons, 2,613,129 connections of five
/// synapses or more, so 20.4 inputs a neuron; reciprocity 0.138). The default clustering, 0.046, is
/// of that order and not a quotation: set what your source says. Degrees are log-normal: the
/// expected in-degree, and the chance to be the source of a long connection. Half of the inputs
/// come from the neuron's own module, of consecutive ids, whose size is chosen for the clustering;
/// the rest from anywhere. A connection gets its reverse with the probability that makes the
/// reciprocity. Neurons have a sign (Dale's law), and weights are |N(0, g^2 / k)| times the sign of
/// the source, k = in_degree. No autapses. Region names are "module 0", "module 1", ...
///
/// Modules are a means to clustering, not a model of neuropils, and no three-neuron motif beyond
/// what follows from clustering and reciprocity is reproduced. Small networks (below some 20 times
/// the in-degree) cannot have the clustering.
///
/// Parameter           | Symbol | Default | Unit | Range
/// num_neurons         | N      | 10000   |      | 2 to 2^31 - 1
/// in_degree           | k      | 20.4    |      | above 0, at most N - 1
/// degree_sigma        | sigma  | 1       |      | >= 0; of the logarithm of degrees
/// reciprocity         | r      | 0.138   |      | [0, 1): part of the connections whose reverse is
/// there clustering          | C      | 0.046   |      | (0, 1): closed part of the undirected
/// triads inhibitory_fraction |        | 0.4     |      | [0, 1] gain                | g      | 1.5
/// |      | >= 0
struct FlylikeParameters {
  std::int64_t num_neurons = 10000;
  double in_degree = 20.4;  ///< expected
  double degree_sigma = 1;
  double reciprocity = 0.138;
  double clustering = 0.046;
  double inhibitory_fraction = 0.4;  ///< part of the neurons
  double gain = 1.5;

  template <class V>
  void visit(V& v) {
    const Constraint open{.low = 0, .high = 1, .low_is_open = true, .choices = {}};
    v("num_neurons", num_neurons, "neurons", between(2, 2147483647));
    v("in_degree", in_degree, "expected inputs of a neuron", greater_than(0));
    v("degree_sigma", degree_sigma, "sd of the logarithm of degrees", at_least(0));
    v("reciprocity", reciprocity, "part of the connections that go both ways", between(0, 1));
    v("clustering", clustering, "closed part of the triads, directions left out", open);
    v("inhibitory_fraction", inhibitory_fraction, "part of the neurons", between(0, 1));
    v("gain", gain, "root mean square of a weight times the root of in_degree", at_least(0));
  }
};
Connectome flylike_connectome(const FlylikeParameters& parameters, std::uint64_t seed);

}  // namespace noesis

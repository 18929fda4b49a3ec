#pragma once
/// The `[connectome]` section of a configuration: a built-in brain, a generator, or a file.

#include <cstdint>
#include <string>

#include "core/config.hpp"
#include "physics/celegans_connectome.hpp"
#include "physics/connectome.hpp"
#include "physics/generators.hpp"

namespace noesis {

/// A connectome file and what belongs to it (see connectome_io.hpp).
struct FileParameters {
  std::string path;
  std::string neurons;
  std::string gap_junctions;
  std::int64_t num_neurons = 0;
  bool sum_duplicates = false;
  /// "auto": as the weights have them, refused where all are positive though the neurons' signs are
  /// not. "weights": as the weights have them. "presynaptic": |w| times the sign of the presynaptic
  /// neuron; neurons of sign 0 keep the weights'.
  std::string signs = "auto";
  /// "file": as they are. "log1p_l2": log(1 + |w|), each row scaled to norm 1 and gap junctions to
  /// a mean row sum of 1, as the worm's section counts are (celegans_connectome.hpp).
  std::string weights = "file";

  template <class V>
  void visit(V& v) {
    v("path", path,
      "Connectome file: .h5, .csv, .tsv, .mtx or .npz; relative to the working directory");
    v("neurons", neurons, "CSV file of neurons, or \"\" (for .csv, .tsv)");
    v("gap_junctions", gap_junctions, "CSV file of gap junctions, or \"\" (for .csv, .tsv)");
    v("num_neurons", num_neurons, "Neurons; 0: as many as the largest id says", at_least(0));
    v("sum_duplicates", sum_duplicates, "Add the weights of edges that stand more than once");
    v("signs", signs, "Whose signs synapses have: the weights', or the presynaptic neurons'",
      one_of({"auto", "weights", "presynaptic"}));
    v("weights", weights, "Scaling of the weights, e.g. of counts", one_of({"file", "log1p_l2"}));
  }
};

struct ConnectomeSpec {
  std::string source = "celegans";
  std::int64_t seed = 0;
  CelegansParameters celegans;
  RandomParameters random;
  ReferenceParameters reference;
  ModularParameters modular;
  SmallworldParameters smallworld;
  FlylikeParameters flylike;
  FileParameters file;

  template <class V>
  void visit(V& v) {
    v("source", source, "Where the connectome comes from",
      one_of({"celegans", "random", "reference", "modular", "smallworld", "flylike", "file"}));
    if (source == "celegans") celegans.visit(v);
    if (source == "file") file.visit(v);
    if (source != "celegans" && source != "file") {
      v("seed", seed, "Seed of the generator", at_least(0));
    }
    if (source == "random") random.visit(v);
    if (source == "reference") reference.visit(v);
    if (source == "modular") modular.visit(v);
    if (source == "smallworld") smallworld.visit(v);
    if (source == "flylike") flylike.visit(v);
  }
};

/// Loads or generates. `offset` is added to a generator's seed, for batches of different brains.
/// @throws ConfigError as the loaders and generators do.
ConnectomePtr make_connectome(const ConnectomeSpec& spec, std::uint64_t offset = 0);

}  // namespace noesis

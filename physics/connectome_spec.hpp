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

  template <class V>
  void visit(V& v) {
    v("path", path,
      "Connectome file: .h5, .csv, .tsv, .mtx or .npz; relative to the working directory");
    v("neurons", neurons, "CSV file of neurons, or \"\" (for .csv, .tsv)");
    v("gap_junctions", gap_junctions, "CSV file of gap junctions, or \"\" (for .csv, .tsv)");
    v("num_neurons", num_neurons, "Neurons; 0: as many as the largest id says", at_least(0));
    v("sum_duplicates", sum_duplicates, "Add the weights of edges that stand more than once");
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

#include "physics/connectome_spec.hpp"

#include "core/error.hpp"
#include "physics/connectome_io.hpp"

namespace noesis {

namespace {

Connectome build(const ConnectomeSpec& spec, std::uint64_t seed) {
  if (spec.source == "celegans") return celegans_connectome(spec.celegans);
  if (spec.source == "random") return random_connectome(spec.random, seed);
  if (spec.source == "reference") return reference_connectome(spec.reference, seed);
  if (spec.source == "modular") return modular_connectome(spec.modular, seed);
  if (spec.source == "smallworld") return smallworld_connectome(spec.smallworld, seed);
  if (spec.source == "flylike") return flylike_connectome(spec.flylike, seed);
  if (spec.source == "file") {
    const FileParameters& file = spec.file;
    if (file.path.empty()) {
      throw ConfigError({.what = "no file is named",
                         .where = "connectome.path",
                         .got = "\"\"",
                         .allowed = "a .csv, .tsv, .mtx or .npz file",
                         .next = {}});
    }
    return load_connectome(file.path, {.neurons = file.neurons,
                                       .gap_junctions = file.gap_junctions,
                                       .num_neurons = file.num_neurons,
                                       .sum_duplicates = file.sum_duplicates});
  }
  throw ConfigError({.what = "unknown source",
                     .where = "connectome.source",
                     .got = "\"" + spec.source + "\"",
                     .allowed = "celegans, random, reference, modular, smallworld, flylike or file",
                     .next = {}});
}

}  // namespace

ConnectomePtr make_connectome(const ConnectomeSpec& spec, std::uint64_t offset) {
  return std::make_shared<Connectome>(build(spec, static_cast<std::uint64_t>(spec.seed) + offset));
}

}  // namespace noesis

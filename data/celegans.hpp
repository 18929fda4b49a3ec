#pragma once
/// The nervous system of the adult hermaphrodite C. elegans as published, compiled into the
/// library. Wiring: Cook et al., Nature 571 (2019); predicted polarity and transmitters: Fenyves et
/// al., PLoS Comput. Biol. 16 (2020). Sources, conventions and licences:
/// data/celegans/PROVENANCE.md.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace noesis {

/// Predicted effect of a chemical synapse (from transmitter and receptor expression).
enum class Polarity : std::uint8_t {
  kNone,        ///< no prediction
  kExcitatory,  ///< "+"
  kInhibitory,  ///< "-"
  kComplex,     ///< both are predicted
};

struct CelegansNeuron {
  std::string name;            ///< e.g. "AVAL"
  std::string type;            ///< "sensory", "interneuron", "motor", joined by "/"; or "unknown"
  bool pharyngeal = false;     ///< one of the 20 neurons of the pharynx
  std::string transmitter;     ///< e.g. "acetylcholine", "GABA", "glutamate"; or "unknown"
  std::string cotransmitters;  ///< joined by ";", or empty
  float x = 0, y = 0,
        z = 0;  ///< centre of the soma [micrometre]; x to the left, y to the tail, z dorsal
};

/// A directed chemical connection. `count` is the number of electron-microscopy sections in which
/// it was seen, which grows with number and size of the synapses; it is not a number of synapses.
struct CelegansSynapse {
  std::int32_t pre = 0;
  std::int32_t post = 0;
  std::int32_t count = 0;
  Polarity polarity = Polarity::kNone;
};

/// An undirected electrical connection, a < b. `count` as above.
struct CelegansGap {
  std::int32_t a = 0;
  std::int32_t b = 0;
  std::int32_t count = 0;
};

struct CelegansData {
  std::vector<CelegansNeuron> neurons;    ///< 302, by name
  std::vector<CelegansSynapse> chemical;  ///< 3,638, of which 34 are autapses; by pre, then post
  std::vector<CelegansGap> electrical;    ///< 1,080, by a, then b
};

/// The tables, parsed at the first call. Thread-safe; lives as long as the program.
const CelegansData& celegans_data();

/// The files as they are embedded: "neurons", "chemical", "electrical" or "positions".
/// @throws ConfigError for another name.
std::string_view celegans_csv(std::string_view name);

/// Parses the four tables; celegans_data() is this on the embedded files.
/// @throws ConfigError naming table and line for malformed text, an unknown neuron or polarity.
CelegansData parse_celegans(std::string_view neurons, std::string_view positions,
                            std::string_view chemical, std::string_view electrical);

}  // namespace noesis

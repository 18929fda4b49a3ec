#include "physics/connectome_io.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "core/error.hpp"
#include "data/memory.hpp"
#include "physics/connectome_formats.hpp"

namespace noesis {
namespace formats {

std::ifstream open_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (in && !std::filesystem::is_directory(file)) return in;
  throw ConfigError({.what = "cannot read the file",
                     .where = file.string(),
                     .got = std::filesystem::is_directory(file) ? "a folder"
                            : std::filesystem::exists(file)     ? "no permission"
                                                                : "no such file",
                     .allowed = "a readable file",
                     .next = ""});
}

void require_edge_memory(std::int64_t num_neurons, std::int64_t num_edges,
                         const std::string& where) {
  // At most 2^31 neurons and 2^63 / 8 bytes of file: a double holds the product well enough.
  const double bytes = static_cast<double>(num_edges) * (sizeof(Synapse) + 8) +
                       static_cast<double>(num_neurons) * 40;
  require_memory(
      bytes < 9e18 ? static_cast<std::int64_t>(bytes) : -1, where,
      std::to_string(num_edges) + " edges between " + std::to_string(num_neurons) + " neurons");
}

void require_table_memory(std::int64_t num_neurons, std::int64_t num_synapses, bool has_delays,
                          const std::string& where) {
  const double bytes = static_cast<double>(num_synapses) * (has_delays ? 12 : 8) +
                       static_cast<double>(num_neurons) * 40;
  require_memory(bytes < 9e18 ? static_cast<std::int64_t>(bytes) : -1, where,
                 std::to_string(num_synapses) + " synapses");
}

void require_no_options(const std::filesystem::path& file, const ConnectomeFileOptions& options) {
  if (options.neurons.empty() && options.gap_junctions.empty() && options.num_neurons == 0 &&
      !options.sum_duplicates) {
    return;
  }
  throw ConfigError({.what = "options for edge lists with a whole connectome",
                     .where = file.string(),
                     .got = "neurons, gap_junctions, num_neurons or sum_duplicates",
                     .allowed = "these for edge lists only",
                     .next = ""});
}

/// Adds the weights of equal pairs, in the order of the file, in double.
void sum_duplicates(std::vector<Synapse>& edges, const std::filesystem::path& file) {
  std::stable_sort(edges.begin(), edges.end(), [](const Synapse& a, const Synapse& b) {
    return a.target != b.target ? a.target < b.target : a.source < b.source;
  });
  std::size_t kept = 0;
  for (std::size_t k = 0; k < edges.size();) {
    Synapse edge = edges[k];
    double sum = 0;
    for (; k < edges.size() && edges[k].source == edge.source && edges[k].target == edge.target;
         ++k) {
      sum += edges[k].weight;
    }
    edge.weight = to_float(sum, file.string());
    edges[kept++] = edge;
  }
  edges.resize(kept);
}

Connectome build(std::int64_t num_neurons, std::span<const Synapse> synapses,
                 const EdgeOrigin& synapse_origin, std::span<const Synapse> gaps,
                 const EdgeOrigin& gap_origin, NeuronTable neurons,
                 std::span<const float> delays_ms) {
  try {
    return Connectome(num_neurons, synapses, gaps, std::move(neurons), delays_ms);
  } catch (const EdgeError& error) {
    const EdgeOrigin& origin = error.is_gap() ? gap_origin : synapse_origin;
    ErrorParts parts = error.parts();
    parts.where = origin(error.index());
    if (error.twin() >= 0) parts.got = "the same pair as " + origin(error.twin());
    throw ConfigError(parts);
  }
}

float to_float(double value, const std::string& where) {
  const auto weight = static_cast<float>(value);
  if (std::isfinite(weight)) return weight;
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  throw ConfigError({.what = "not a finite 32-bit number",
                     .where = where,
                     .got = text,
                     .allowed = "at most 3.4e38 in size",
                     .next = ""});
}

std::string number_text(float value) {
  char text[32];
  const auto result = std::to_chars(text, text + sizeof text, value);
  return {text, result.ptr};
}

}  // namespace formats

namespace {

[[noreturn]] void fail_ending(const std::filesystem::path& file) {
  throw ConfigError({.what = "unknown kind of connectome file",
                     .where = file.string(),
                     .got = "'" + file.extension().string() + "'",
                     .allowed = ".h5, .csv, .tsv, .mtx or .npz",
                     .next = ""});
}

/// A matrix has no place for delays; to drop them in silence would make another brain.
void require_no_delays(const Connectome& connectome, const std::filesystem::path& file) {
  if (!connectome.has_delays()) return;
  throw ConfigError({.what = "a matrix does not hold delays",
                     .where = file.string(),
                     .got = "a connectome with delays",
                     .allowed = ".h5, .csv or .tsv",
                     .next = ""});
}

}  // namespace

Connectome load_connectome(const std::filesystem::path& file,
                           const ConnectomeFileOptions& options) {
  const std::string ending = file.extension().string();
  if (ending == ".csv" || ending == ".tsv") return formats::load_csv(file, options);
  if (ending == ".h5" || ending == ".hdf5") return formats::load_hdf5(file, options);
  if (ending != ".mtx" && ending != ".npz") fail_ending(file);
  formats::require_no_options(file, options);
  return ending == ".mtx" ? formats::load_matrix_market(file) : formats::load_scipy(file);
}

void save_connectome(const Connectome& connectome, const std::filesystem::path& file,
                     const ConnectomeFileOptions& options) {
  const std::string ending = file.extension().string();
  if (ending == ".csv" || ending == ".tsv") return formats::save_csv(connectome, file, options);
  if (ending != ".h5" && ending != ".hdf5" && ending != ".mtx" && ending != ".npz") {
    fail_ending(file);
  }
  formats::require_no_options(file, options);
  if (ending == ".h5" || ending == ".hdf5") return formats::save_hdf5(connectome, file);
  require_no_delays(connectome, file);
  ending == ".mtx" ? formats::save_matrix_market(connectome, file)
                   : formats::save_scipy(connectome, file);
}

}  // namespace noesis

#include "physics/connectome_io.hpp"

#include <charconv>
#include <cmath>

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

Connectome build(std::int64_t num_neurons, std::span<const Synapse> synapses,
                 const EdgeOrigin& synapse_origin, std::span<const Synapse> gaps,
                 const EdgeOrigin& gap_origin, NeuronTable neurons) {
  try {
    return Connectome(num_neurons, synapses, gaps, std::move(neurons));
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
  throw ConfigError({.what = "not a finite 32-bit number",
                     .where = where,
                     .got = std::to_string(value),
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
                     .allowed = ".csv, .tsv, .mtx or .npz",
                     .next = ""});
}

/// Options that a matrix format would ignore are refused, lest they be missed.
void require_no_options(const std::filesystem::path& file, const ConnectomeFileOptions& options) {
  if (options.neurons.empty() && options.gap_junctions.empty() && options.num_neurons == 0 &&
      !options.sum_duplicates) {
    return;
  }
  throw ConfigError({.what = "options for edge lists with a matrix",
                     .where = file.string(),
                     .got = "neurons, gap_junctions, num_neurons or sum_duplicates",
                     .allowed = "these for .csv and .tsv only",
                     .next = ""});
}

}  // namespace

Connectome load_connectome(const std::filesystem::path& file,
                           const ConnectomeFileOptions& options) {
  const std::string ending = file.extension().string();
  if (ending == ".csv" || ending == ".tsv") return formats::load_csv(file, options);
  if (ending != ".mtx" && ending != ".npz") fail_ending(file);
  require_no_options(file, options);
  return ending == ".mtx" ? formats::load_matrix_market(file) : formats::load_scipy(file);
}

void save_connectome(const Connectome& connectome, const std::filesystem::path& file,
                     const ConnectomeFileOptions& options) {
  const std::string ending = file.extension().string();
  if (ending == ".csv" || ending == ".tsv") return formats::save_csv(connectome, file, options);
  if (ending != ".mtx" && ending != ".npz") fail_ending(file);
  require_no_options(file, options);
  ending == ".mtx" ? formats::save_matrix_market(connectome, file)
                   : formats::save_scipy(connectome, file);
}

}  // namespace noesis

// Sparse matrices as scipy.sparse.save_npz writes them.
#include <algorithm>

#include "core/error.hpp"
#include "core/npy.hpp"
#include "physics/connectome_formats.hpp"

namespace noesis::formats {
namespace {

[[noreturn]] void fail(std::string where, std::string what, std::string got, std::string allowed) {
  throw ConfigError({.what = std::move(what),
                     .where = std::move(where),
                     .got = std::move(got),
                     .allowed = std::move(allowed),
                     .next = ""});
}

std::string element(const NpzReader& npz, const char* name, std::int64_t k) {
  return npz.where(name) + "[" + std::to_string(k) + "]";
}

template <class T>
std::vector<T> read_vector(const NpzReader& npz, const char* name, std::int64_t size) {
  const NpyArray array = npz.read(name);
  if (array.shape.size() != 1 || (size >= 0 && array.shape[0] != size)) {
    fail(npz.where(name), "array of the wrong shape",
         std::to_string(array.shape.size()) + " dimensions, " + std::to_string(array.size()) +
             " elements",
         size < 0 ? "1 dimension" : "1 dimension, " + std::to_string(size) + " elements");
  }
  return array.numbers<T>(npz.where(name));
}

std::string read_format(const NpzReader& npz) {
  const std::vector<std::string> text = npz.read("format").strings(npz.where("format"));
  const std::string format = text.size() == 1 ? text[0] : std::string();
  if (format != "csr" && format != "csc" && format != "coo") {
    fail(npz.where("format"), "sparse format that is not read", "'" + format + "'",
         "csr, csc or coo");
  }
  return format;
}

std::int64_t read_size(const NpzReader& npz) {
  const auto shape = read_vector<std::int64_t>(npz, "shape", 2);
  if (shape[0] != shape[1] || shape[0] < 1 || shape[0] > kMaxNeurons) {
    fail(npz.where("shape"), "not the shape of a connectome",
         std::to_string(shape[0]) + " x " + std::to_string(shape[1]),
         "a square of 1 to " + std::to_string(kMaxNeurons));
  }
  return shape[0];
}

std::vector<std::int32_t> read_ids(const NpzReader& npz, const char* name, std::int64_t count,
                                   std::int64_t size) {
  const auto wide = read_vector<std::int64_t>(npz, name, count);
  std::vector<std::int32_t> ids(wide.size());
  for (std::size_t k = 0; k < wide.size(); ++k) {
    if (wide[k] < 0 || wide[k] >= size) {
      fail(element(npz, name, static_cast<std::int64_t>(k)), "index out of range",
           std::to_string(wide[k]), "0 to " + std::to_string(size - 1));
    }
    ids[k] = static_cast<std::int32_t>(wide[k]);
  }
  return ids;
}

/// The compressed axis of csr or csc, as one id an element.
std::vector<std::int32_t> read_compressed(const NpzReader& npz, std::int64_t count,
                                          std::int64_t size) {
  const auto begin = read_vector<std::int64_t>(npz, "indptr", size + 1);
  for (std::int64_t i = 0; i <= size; ++i) {
    const std::int64_t least = i == 0 ? 0 : begin[i - 1];
    const std::int64_t most = i == 0 ? 0 : count;
    if (begin[i] < least || begin[i] > most || (i == size && begin[i] != count)) {
      fail(element(npz, "indptr", i), "row pointer out of order", std::to_string(begin[i]),
           i == size ? std::to_string(count) + ", the number of elements"
                     : std::to_string(least) + " to " + std::to_string(most));
    }
  }
  std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < size; ++i) {
    std::fill(ids.begin() + begin[i], ids.begin() + begin[i + 1], static_cast<std::int32_t>(i));
  }
  return ids;
}

}  // namespace

Connectome load_scipy(const std::filesystem::path& file) {
  const NpzReader npz(file);
  const std::string format = read_format(npz);
  const std::int64_t size = read_size(npz);
  const auto weights = read_vector<double>(npz, "data", -1);
  const auto count = static_cast<std::int64_t>(weights.size());
  require_edge_memory(size, count, file.string());

  const bool is_coo = format == "coo";
  auto rows = is_coo ? read_ids(npz, "row", count, size) : read_compressed(npz, count, size);
  auto columns = read_ids(npz, is_coo ? "col" : "indices", count, size);
  if (format == "csc") std::swap(rows, columns);
  std::vector<Synapse> edges(weights.size());
  for (std::size_t k = 0; k < edges.size(); ++k) {
    const auto weight = static_cast<float>(weights[k]);
    edges[k] = {columns[k], rows[k], weight};
  }
  return build(size, edges, [&](std::int64_t k) { return element(npz, "data", k); });
}

void save_scipy(const Connectome& connectome, const std::filesystem::path& file) {
  const SynapseTable& table = connectome.synapses();
  std::vector<std::int64_t> begin(1, 0);
  for (const std::int32_t count : table.row_count) begin.push_back(begin.back() + count);
  std::vector<std::int32_t> sources;
  std::vector<float> weights;
  for (const Synapse& e : connectome.edges()) {
    sources.push_back(e.source);
    weights.push_back(e.weight);
  }
  const std::vector<std::string> format = {"csr"};
  const std::vector<std::int64_t> shape(2, connectome.num_neurons());
  write_npz(file, {{"indices", npy_array(sources)},
                   {"indptr", npy_array(begin)},
                   {"format", npy_strings(format)},
                   {"shape", npy_array(shape)},
                   {"data", npy_array(weights)}});
}

}  // namespace noesis::formats

#pragma once
/// Private to connectome_io.cpp: one loader and saver for each format.

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "physics/connectome_io.hpp"

namespace noesis::formats {

inline constexpr std::int64_t kMaxNeurons = 2147483647;

/// Where edge k of a list stands, e.g. "file:line". Called only for an error.
using EdgeOrigin = std::function<std::string(std::int64_t k)>;

/// Opens for reading. @throws ConfigError naming the file.
std::ifstream open_text(const std::filesystem::path& file);

/// Asks for the memory of `num_edges` as a list and as tables. @throws ConfigError.
void require_edge_memory(std::int64_t num_neurons, std::int64_t num_edges,
                         const std::string& where);

/// The same for tables that are read without a list of edges.
void require_table_memory(std::int64_t num_neurons, std::int64_t num_synapses, bool has_delays,
                          const std::string& where);

/// Options that a format would ignore are refused, lest they be missed.
void require_no_options(const std::filesystem::path& file, const ConnectomeFileOptions& options);

/// Adds the weights of equal pairs, in the order of the file, in double.
void sum_duplicates(std::vector<Synapse>& edges, const std::filesystem::path& file);

/// Builds, with errors about an edge told in terms of the file.
Connectome build(std::int64_t num_neurons, std::span<const Synapse> synapses,
                 const EdgeOrigin& synapse_origin, std::span<const Synapse> gaps = {},
                 const EdgeOrigin& gap_origin = {}, NeuronTable neurons = {},
                 std::span<const float> delays_ms = {});

/// @throws ConfigError at `where` when the value is too large for a float.
float to_float(double value, const std::string& where);

/// The shortest decimal text that reads back to the same float.
std::string number_text(float value);

Connectome load_csv(const std::filesystem::path& file, const ConnectomeFileOptions& options);
void save_csv(const Connectome& connectome, const std::filesystem::path& file,
              const ConnectomeFileOptions& options);
Connectome load_matrix_market(const std::filesystem::path& file);
void save_matrix_market(const Connectome& connectome, const std::filesystem::path& file);
Connectome load_hdf5(const std::filesystem::path& file, const ConnectomeFileOptions& options);
void save_hdf5(const Connectome& connectome, const std::filesystem::path& file);
Connectome load_scipy(const std::filesystem::path& file);
void save_scipy(const Connectome& connectome, const std::filesystem::path& file);

}  // namespace noesis::formats

#pragma once
/// Connectomes in files. By the name's ending:
///
///   .csv, .tsv  edges, one a row below a header; columns by name, others are ignored:
///               pre | source | pre_root_id | bodyId_pre      presynaptic neuron
///               post | target | post_root_id | bodyId_post   postsynaptic neuron
///               weight | count | syn_count                   1 where there is no such column
///               delay_ms | delay                             conduction delay; a column or none
///   .h5         all that a connectome has, as noesis writes it; or the edges of a SONATA file with
///               one population: source_node_id, target_node_id, and, in its one group of
///               properties, syn_weight (else 1) and delay [ms]
///   .mtx        MatrixMarket coordinate matrix (real, integer or pattern; general or symmetric)
///   .npz        SciPy sparse matrix (scipy.sparse.save_npz: csr, csc or coo)
///
/// In a matrix, entry (i, j) is the weight of j -> i: rows are targets, as in SynapseTable. (Many
/// tools store the transpose; transpose those first.)
///
/// All loaders check ids, weights, duplicates and sizes, and ask whether the memory suffices before
/// they allocate. They throw ConfigError with "file:line" or "file: array 'name'[k]". Savers write
/// the file whole or not at all, and throw RunError when that fails. Numbers are written so that
/// they read back bit for bit. All are thread-safe.

#include <cstdint>
#include <filesystem>

#include "physics/connectome.hpp"

namespace noesis {

struct ConnectomeFileOptions {
  /// A CSV of neurons, for .csv and .tsv: one neuron a row, in the order of their ids in the
  /// connectome. Columns, each of which may be missing: id | root_id | bodyId, name, type, sign
  /// (-1, 0, 1), region, transmitter, x, y, z [micrometre]. Edges name neurons by the text of id or
  /// name, of which there must be one. Without this file, edges have integer ids from 0.
  std::filesystem::path neurons = {};
  /// A CSV of undirected gap junctions, for .csv and .tsv: a | pre | source, b | post | target,
  /// weight.
  std::filesystem::path gap_junctions = {};
  /// Without a neuron file: neurons there are; 0: one more than the largest id. Also for SONATA.
  std::int64_t num_neurons = 0;
  /// Add the weights of edges that stand more than once (e.g. once a brain region) instead of
  /// refusing them. For .csv, .tsv and SONATA.
  bool sum_duplicates = false;
};

Connectome load_connectome(const std::filesystem::path& file,
                           const ConnectomeFileOptions& options = {});

/// Saves in the format of the ending. Text has integer ids. .csv and .tsv also write the neurons
/// and the gap junctions to the files that the options name, if any; .mtx and .npz (csr) hold the
/// synapses alone.
void save_connectome(const Connectome& connectome, const std::filesystem::path& file,
                     const ConnectomeFileOptions& options = {});

}  // namespace noesis

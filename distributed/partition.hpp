#pragma once
/// Who owns which rows of a brain: every neuron, with all its inputs, belongs to one worker.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "physics/connectome.hpp"
#include "physics/kernels/kernels.hpp"

namespace noesis {

/// What updating a neuron costs beside its synapses, in synapses: noise and the model's own work.
inline constexpr std::int64_t kPointwiseCost = 24;

/// How rows are dealt out.
struct PartitionSpec {
  std::string by = "blocks";
  std::string file = {};

  template <class V>
  void visit(V& v) {
    v("by", by, "How rows are dealt out: blocks, regions or file",
      one_of({"blocks", "regions", "file"}));
    v("file", file, "Worker of each neuron, a number a line (by = \"file\")");
  }
};

/// The owner of each row.
struct Partition {
  int num_workers = 1;
  std::vector<std::int32_t> owner;  ///< (num_neurons), 0 to num_workers - 1
};

/// What each row costs: its synapses, gap junctions and kPointwiseCost.
std::vector<std::int64_t> row_costs(std::int64_t num_neurons, const SynapseView& synapses,
                                    const SynapseView& gap_junctions);

/// Contiguous blocks of about the same cost. A worker may get none of very few rows.
Partition partition_by_blocks(std::span<const std::int64_t> costs, int num_workers);

/// Whole regions (hemispheres), the dearest first, each to the worker with least so far; equal
/// costs go by name and rank. Neurons past the end of the table, born later, are a region of their
/// own. @throws ConfigError where the connectome names no regions.
Partition partition_by_regions(std::span<const std::int64_t> costs, const NeuronTable& neurons,
                               int num_workers);

/// From a text file with the worker of each neuron on a line of its own; places past its end, of
/// neurons that are born later, are dealt out in turn. @throws ConfigError naming file and line for
/// something else, or a file of fewer lines than `num_named` or more than costs.
Partition read_partition(const std::filesystem::path& file, std::span<const std::int64_t> costs,
                         std::int64_t num_named, int num_workers);

/// As `spec` says; `num_named` neurons are in the connectome, the other places are for births.
Partition make_partition(const PartitionSpec& spec, std::span<const std::int64_t> costs,
                         const NeuronTable& neurons, std::int64_t num_named, int num_workers);

}  // namespace noesis

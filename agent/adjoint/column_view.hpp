#pragma once
/// A synapse table by source: what leaves each neuron, for transposed products.

#include <cstdint>
#include <span>
#include <vector>

#include "physics/connectome.hpp"

namespace noesis::adjoint {

/// Compressed sparse columns of a SynapseTable: column j holds the synapses of which neuron j is
/// the source, by ascending target. Built once in O(num_synapses); immutable after.
class ColumnView {
 public:
  explicit ColumnView(const SynapseTable& table);

  const std::vector<std::int64_t>& column_begin() const noexcept { return begin_; }
  const std::vector<std::int32_t>& column_count() const noexcept { return count_; }
  const std::vector<std::int32_t>& targets() const noexcept { return targets_; }  ///< (synapses)
  /// (synapses) where in the table each synapse of a column stands.
  const std::vector<std::int64_t>& synapses() const noexcept { return synapses_; }

  /// Weights (synapses) of the table in the order of the columns.
  void gather(std::span<const double> weights, std::vector<double>& by_column) const;

 private:
  std::vector<std::int64_t> begin_;
  std::vector<std::int32_t> count_;
  std::vector<std::int32_t> targets_;
  std::vector<std::int64_t> synapses_;
};

}  // namespace noesis::adjoint

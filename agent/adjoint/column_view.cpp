#include "agent/adjoint/column_view.hpp"

namespace noesis::adjoint {

ColumnView::ColumnView(const SynapseTable& table) {
  const std::size_t rows = table.row_begin.size();
  count_.assign(rows, 0);
  const auto each = [&](const auto& body) {
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::int32_t k = 0; k < table.row_count[i]; ++k) {
        const std::int64_t synapse = table.row_begin[i] + k;
        const auto source =
            static_cast<std::size_t>(table.sources[static_cast<std::size_t>(synapse)]);
        body(source, static_cast<std::int32_t>(i), synapse);
      }
    }
  };
  each([&](std::size_t source, std::int32_t, std::int64_t) { ++count_[source]; });
  begin_.assign(rows, 0);
  std::int64_t total = 0;
  for (std::size_t j = 0; j < rows; ++j) {
    begin_[j] = total;
    total += count_[j];
  }
  targets_.resize(static_cast<std::size_t>(total));
  synapses_.resize(static_cast<std::size_t>(total));
  std::vector<std::int64_t> next = begin_;
  each([&](std::size_t source, std::int32_t target, std::int64_t synapse) {
    const auto place = static_cast<std::size_t>(next[source]++);
    targets_[place] = target;
    synapses_[place] = synapse;
  });
}

void ColumnView::gather(std::span<const double> weights, std::vector<double>& by_column) const {
  by_column.resize(synapses_.size());
  for (std::size_t k = 0; k < synapses_.size(); ++k) {
    by_column[k] = weights[static_cast<std::size_t>(synapses_[k])];
  }
}

}  // namespace noesis::adjoint

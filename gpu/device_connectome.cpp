#include "gpu/device_connectome.hpp"

#include <algorithm>
#include <bit>

namespace noesis::NOESIS_GPU {
namespace {

/// Copies one column of a table, row after row, in pieces of bounded memory; as it is where it has
/// no holes.
template <class V>
void upload_rows(const SynapseView& table, const V* column, const std::vector<std::int64_t>& begin,
                 DeviceBuffer<V>& buffer) {
  constexpr std::size_t kPiece = 1 << 22;
  const auto num_rows = static_cast<std::int64_t>(begin.size());
  const bool is_plain = std::equal(begin.begin(), begin.end(), table.row_begin);
  if (is_plain) {
    buffer.upload({column, static_cast<std::size_t>(buffer.size())});
    return;
  }
  std::vector<V> piece;
  std::int64_t first = 0;
  for (std::int64_t row = 0; row < num_rows; ++row) {
    const V* values = column + table.row_begin[row];
    piece.insert(piece.end(), values, values + table.row_count[row]);
    if (piece.size() < kPiece && row + 1 < num_rows) continue;
    buffer.upload(piece, first);
    first += static_cast<std::int64_t>(piece.size());
    piece.clear();
  }
}

}  // namespace

std::vector<std::int32_t> order_by_length(const std::int32_t* row_count, std::int64_t num_rows) {
  constexpr int kClasses = 33;
  const auto class_of = [&](std::int64_t row) {
    return kClasses - 1 - std::bit_width(static_cast<std::uint32_t>(row_count[row]));
  };
  std::vector<std::int64_t> next(kClasses + 1, 0);
  for (std::int64_t row = 0; row < num_rows; ++row)
    ++next[static_cast<std::size_t>(class_of(row)) + 1];
  for (std::size_t k = 1; k < next.size(); ++k) next[k] += next[k - 1];
  std::vector<std::int32_t> order(static_cast<std::size_t>(num_rows));
  for (std::int64_t row = 0; row < num_rows; ++row) {
    const auto at = next[static_cast<std::size_t>(class_of(row))]++;
    order[static_cast<std::size_t>(at)] = static_cast<std::int32_t>(row);
  }
  return order;
}

DeviceConnectome::DeviceConnectome(const Device& device, const SynapseView& table,
                                   std::int64_t num_rows)
    : device_(&device),
      num_rows_(num_rows),
      row_begin_(device, num_rows, "rows"),
      row_count_(device, num_rows, "rows"),
      order_(device, num_rows, "rows") {
  assign(table);
}

void DeviceConnectome::assign(const SynapseView& table) {
  const auto rows = static_cast<std::size_t>(num_rows_);
  host_begin_.resize(rows);
  num_synapses_ = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    host_begin_[row] = num_synapses_;
    num_synapses_ += table.row_count[row];
  }
  if (sources_.size() < num_synapses_ || num_synapses_ == 0) {
    sources_ = {};
    weights_ = {};
  }
  if (sources_.size() != num_synapses_) {
    sources_ = DeviceBuffer<std::int32_t>(*device_, num_synapses_, "synapses");
    weights_ = DeviceBuffer<float>(*device_, num_synapses_, "synapses");
  }
  row_begin_.upload(host_begin_);
  row_count_.upload({table.row_count, rows});
  order_.upload(order_by_length(table.row_count, num_rows_));
  upload_rows(table, table.sources, host_begin_, sources_);
  set_weights(table);
}

void DeviceConnectome::set_weights(const SynapseView& table) {
  upload_rows(table, table.weights, host_begin_, weights_);
}

DeviceTable DeviceConnectome::view() const noexcept {
  return {{row_begin_.data(), row_count_.data(), sources_.data(), weights_.data()}, order_.data()};
}

}  // namespace noesis::NOESIS_GPU

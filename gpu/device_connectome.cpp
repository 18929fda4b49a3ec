#include "gpu/device_connectome.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

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
                                   std::int64_t num_rows, RowOrder order,
                                   const std::uint16_t* steps)
    : device_(&device), num_rows_(num_rows), order_(order), rows_(device, num_rows, "rows") {
  assign(table);
  if (steps == nullptr) return;
  steps_ = DeviceBuffer<std::uint16_t>(device, num_synapses_, "conduction delays");
  upload_rows(table, steps, begin_, steps_);
}

void DeviceConnectome::assign(const SynapseView& table) {
  const auto num_rows = static_cast<std::size_t>(num_rows_);
  begin_.resize(num_rows);
  num_synapses_ = 0;
  for (std::size_t row = 0; row < num_rows; ++row) {
    begin_[row] = num_synapses_;
    num_synapses_ += table.row_count[row];
  }
  std::vector<std::int32_t> order(num_rows);
  if (order_ == RowOrder::kByLength) {
    order = order_by_length(table.row_count, num_rows_);
  } else {
    std::iota(order.begin(), order.end(), 0);
  }
  std::vector<DeviceRow> rows;
  rows.reserve(num_rows);
  count_.assign(table.row_count, table.row_count + num_rows_);
  room_ = count_;
  end_ = num_synapses_;
  place_.resize(num_rows);
  for (const std::int32_t neuron : order) {
    place_[static_cast<std::size_t>(neuron)] = static_cast<std::int32_t>(rows.size());
    rows.push_back({begin_[static_cast<std::size_t>(neuron)], table.row_count[neuron], neuron});
  }
  if (sources_.size() != num_synapses_) {  // which may have had slack
    sources_ = {};                         // before there is another one
    weights_ = {};
    sources_ = DeviceBuffer<std::int32_t>(*device_, num_synapses_, "synapses");
    weights_ = DeviceBuffer<float>(*device_, num_synapses_, "synapses");
  }
  rows_.upload(rows);
  upload_rows(table, table.sources, begin_, sources_);
  set_weights(table);
}

void DeviceConnectome::set_weights(const SynapseView& table) {
  if (end_ != num_synapses_) return assign(table);  // rows apart: all of it anew
  upload_rows(table, table.weights, begin_, weights_);
}

template <class Body>
void DeviceConnectome::for_stretches(const Body& body) const {
  constexpr std::int64_t kPiece = 1 << 22;
  for (std::int64_t row = 0; row < num_rows_;) {
    const auto first = static_cast<std::size_t>(row);
    std::int64_t count = 0;
    for (; row < num_rows_; ++row) {
      const auto r = static_cast<std::size_t>(row);
      const bool is_beside = count_[r] == 0 || begin_[r] == begin_[first] + count;
      if (row > static_cast<std::int64_t>(first) && (!is_beside || count + count_[r] > kPiece)) {
        break;
      }
      count += count_[r];
    }
    body(static_cast<std::int64_t>(first), row, begin_[first], count);
  }
}

void DeviceConnectome::fetch_weights(const SynapseView& table, float* weights) const {
  std::vector<float> piece;
  for_stretches([&](std::int64_t row, std::int64_t last, std::int64_t begin, std::int64_t count) {
    piece.resize(static_cast<std::size_t>(count));
    weights_.download(piece, begin);
    const float* value = piece.data();
    for (; row < last; ++row) {
      std::copy_n(value, table.row_count[row], weights + table.row_begin[row]);
      value += table.row_count[row];
    }
  });
}

void DeviceConnectome::fetch_rows(std::vector<std::int32_t>& counts,
                                  std::vector<std::int32_t>& sources,
                                  std::vector<float>& weights) const {
  counts = count_;
  sources.resize(static_cast<std::size_t>(num_synapses_));
  weights.resize(sources.size());
  std::size_t done = 0;
  for_stretches([&](std::int64_t, std::int64_t, std::int64_t begin, std::int64_t count) {
    const auto size = static_cast<std::size_t>(count);
    sources_.download(std::span(sources).subspan(done, size), begin);
    weights_.download(std::span(weights).subspan(done, size), begin);
    done += size;
  });
}

}  // namespace noesis::NOESIS_GPU

#include "physics/reordered_product.hpp"

#include <cstdlib>
#include <utility>

namespace noesis {
namespace {

constexpr std::int64_t kGrain = 1024;
constexpr std::int64_t kFewestSynapses = std::int64_t{1} << 22;
constexpr std::int64_t kMostSynapses = std::int64_t{1} << 28;
constexpr std::int64_t kNear = 4096;  // as locality_order() groups neurons
constexpr double kLeastGain = 0.25;

}  // namespace

double near_fraction(const SynapseTable& table, std::int64_t distance) {
  std::int64_t near = 0;
  const auto rows = static_cast<std::int64_t>(table.row_count.size());
  for (std::int64_t row = 0; row < rows; ++row) {
    for (const std::int32_t source : table.row_sources(row)) {
      near += std::abs(source - row) <= distance;
    }
  }
  return table.empty() ? 0 : static_cast<double>(near) / static_cast<double>(table.num_synapses());
}

template <Real T>
ReorderedProduct<T>::ReorderedProduct(NeuronOrder order, SynapseTable table, int width,
                                      const ThreadArena& arena)
    : order_(std::move(order)),
      table_(std::move(table)),
      width_(width),
      arena_(arena),
      product_(product_kernel<T>(width)) {
  const auto size = static_cast<std::size_t>(order_.num_neurons() * width);
  output_.resize(size);
  input_.resize(size);
}

template <Real T>
std::unique_ptr<ReorderedProduct<T>> ReorderedProduct<T>::where_it_pays(const SynapseTable& table,
                                                                        const BatchShape& shape,
                                                                        const ThreadArena& arena) {
  const std::int64_t synapses = table.num_synapses();
  const std::int64_t bytes = shape.plane_size() * static_cast<std::int64_t>(sizeof(T));
  if (synapses < kFewestSynapses || synapses > kMostSynapses || bytes < kCoreCacheBytes)
    return nullptr;
  NeuronOrder order = locality_order(table);
  if (order.is_identity()) return nullptr;
  SynapseTable moved = reordered(table, order);
  if (near_fraction(moved, kNear) < near_fraction(table, kNear) + kLeastGain) return nullptr;
  return std::unique_ptr<ReorderedProduct>(
      new ReorderedProduct(std::move(order), std::move(moved), shape.tile_width, arena));
}

template <Real T>
void ReorderedProduct<T>::sum(const T* output, T* input) {
  const std::int64_t n = order_.num_neurons();
  arena_.parallel_for(n, kGrain, [&](std::int64_t first, std::int64_t last) {
    to_places(order_, width_, output, output_.data(), first, last);
  });
  const SynapseView view = {table_.row_begin.data(), table_.row_count.data(), table_.sources.data(),
                            table_.weights.data()};
  arena_.parallel_for(n, kGrain, [&](std::int64_t first, std::int64_t last) {
    product_(view, n, output_.data(), input_.data(), first, last);
    to_ids(order_, width_, input_.data(), input, first, last);
  });
}

template class ReorderedProduct<float>;
template class ReorderedProduct<double>;

}  // namespace noesis

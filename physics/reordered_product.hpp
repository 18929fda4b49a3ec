#pragma once
/// The synaptic input of a large connectome, summed in an order of the neurons that suits the
/// caches (reorder.hpp) and handed back by id: the same bits, for two passes over the rates.

#include <memory>

#include "core/threads.hpp"
#include "physics/kernels/kernels.hpp"
#include "physics/reorder.hpp"
#include "physics/state.hpp"

namespace noesis {

/// What fits the caches of a core, about.
inline constexpr std::int64_t kCoreCacheBytes = 256 << 10;

/// Holds a second copy of the synapses. Not thread-safe; bits do not depend on the arena.
template <Real T>
class ReorderedProduct {
 public:
  /// Null unless it pays: rates of one tile beyond a core's cache, synapses enough that the time to
  /// find the order is soon made up for, and few enough that a copy is no burden; and an order that
  /// brings many more sources near than the ids do.
  static std::unique_ptr<ReorderedProduct> where_it_pays(const SynapseTable& table,
                                                         const BatchShape& shape,
                                                         const ThreadArena& arena);

  /// input_i = sum_j W_ij output_j of one tile; both (num_neurons x width) by id.
  void sum(const T* output, T* input);

 private:
  ReorderedProduct(NeuronOrder order, SynapseTable table, int width, const ThreadArena& arena);

  NeuronOrder order_;
  SynapseTable table_;
  int width_;
  const ThreadArena& arena_;
  ProductFn<T> product_;
  AlignedVector<T> output_, input_;  // by place
};

/// Part of the synapses whose source is at most `distance` places from the target.
double near_fraction(const SynapseTable& table, std::int64_t distance);

}  // namespace noesis

#include "physics/plasticity/hebbian.hpp"

#include "core/error.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kRowGrain = 64;

template <Real T>
void hebbian_row(std::span<const std::int32_t> sources, std::span<float> weights,
                 std::span<const T> x, T step, T kept) noexcept {
  const std::int32_t* source = sources.data();
  float* weight = weights.data();
  const T* rate = x.data();
  const auto count = static_cast<std::int64_t>(weights.size());
#pragma GCC ivdep  // weights are no rates: a store changes nothing that is read
  for (std::int64_t k = 0; k < count; ++k) {
    const T old = static_cast<T>(weight[k]);
    weight[k] = static_cast<float>(hebbian_step(old, rate[source[k]], step, kept));
  }
}

}  // namespace

void check_hebbian(const HebbianSpec& spec) {
  require(spec.learning_rate > 0, "Hebbian learning rate out of range", "learning_rate",
          spec.learning_rate, "above 0");
  require(spec.decay >= 0 && spec.decay < 1, "Hebbian decay out of range", "decay", spec.decay,
          "at least 0, below 1");
}

template <Real T>
void hebbian(PlasticConnectome& connectome, std::span<const T> x, std::span<const T> m,
             const HebbianSpec& spec, const ThreadArena& arena) {
  check_hebbian(spec);
  const auto size = static_cast<std::size_t>(connectome.num_neurons());
  ensure(x.size() == size && m.size() == size, "Hebb's rule has one x and m for each neuron");
  const auto kept = static_cast<T>(1 - spec.decay);
  arena.parallel_for(connectome.num_neurons(), kRowGrain, [&](std::int64_t row, std::int64_t last) {
    for (; row < last; ++row) {
      const T step = static_cast<T>(spec.learning_rate) * m[row];
      hebbian_row(connectome.row_sources(row), connectome.row_weights(row), x, step, kept);
    }
  });
}

template void hebbian(PlasticConnectome&, std::span<const float>, std::span<const float>,
                      const HebbianSpec&, const ThreadArena&);
template void hebbian(PlasticConnectome&, std::span<const double>, std::span<const double>,
                      const HebbianSpec&, const ThreadArena&);

}  // namespace noesis

#include "physics/plasticity/oja.hpp"

#include "core/error.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kRowGrain = 64;

}  // namespace

void check_learning_rate(double learning_rate) {
  require(learning_rate > 0 && learning_rate <= 1, "Oja's learning rate out of range",
          "learning_rate", learning_rate, "above 0, at most 1");
}

template <Real T>
void oja(PlasticConnectome& connectome, std::span<const T> x, std::span<const T> y,
         double learning_rate, const ThreadArena& arena) {
  check_learning_rate(learning_rate);
  const auto size = static_cast<std::size_t>(connectome.num_neurons());
  ensure(x.size() == size && y.size() == size, "Oja's rule has one x and y for each neuron");
  arena.parallel_for(connectome.num_neurons(), kRowGrain, [&](std::int64_t row, std::int64_t last) {
    for (; row < last; ++row) {
      oja_row(connectome.row_sources(row), connectome.row_weights(row), x, y[row],
              static_cast<T>(learning_rate));
    }
  });
}

template void oja(PlasticConnectome&, std::span<const float>, std::span<const float>, double,
                  const ThreadArena&);
template void oja(PlasticConnectome&, std::span<const double>, std::span<const double>, double,
                  const ThreadArena&);

}  // namespace noesis

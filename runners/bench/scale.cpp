// How the product's speed changes with the size of the brain. docs/images/scale.svg shows it.

#include <algorithm>

#include "runners/bench/benches.hpp"
#include "runners/bench/brains.hpp"

namespace noesis::bench {
namespace {

constexpr std::int64_t kSizes[] = {1'000,  2'000,   5'000,   10'000,  20'000,
                                   50'000, 100'000, 200'000, 500'000, 1'000'000};

/// Products in a row, so that small brains are timed over a millisecond or so.
Work products(const SynapseTable& table, AlignedVector<float>& x, AlignedVector<float>& y,
              int count, const ThreadArena& arena) {
  return [&table, &x, &y, count, &arena] {
    const SynapseView view = view_of(table);
    const auto n = static_cast<std::int64_t>(table.row_begin.size());
    const auto kernel = product_kernel<float>(1);
    for (int k = 0; k < count; ++k) {
      arena.parallel_for(n, 128, [&](std::int64_t first, std::int64_t last) {
        kernel(view, n, x.data(), y.data(), first, last);
      });
    }
  };
}

std::string label(std::int64_t n) {
  return (n < 1'000'000 ? std::to_string(n / 1000) + "k" : std::to_string(n / 1'000'000) + "M") +
         " x 100 uniform, 1 env";
}

}  // namespace

void scale(Report& report) {
  const SynapseTable reference = random_table(kNumNeurons, kInDegree, kNumNeurons);
  AlignedVector<float> reference_x = rates(kNumNeurons), reference_y(reference_x.size());
  for (const std::int64_t n : kSizes) {
    report.note("a uniform brain of " + std::to_string(n) + " neurons");
    const SynapseTable table = random_table(n, kInDegree, n);
    AlignedVector<float> x = rates(n), y(x.size());
    const int count = static_cast<int>(std::max<std::int64_t>(1, 20'000 / n));
    const Pair time =
        measure(products(table, x, y, count, report.arena()),
                products(reference, reference_x, reference_y, 1, report.arena()), 1.5);
    const double size = count * static_cast<double>(table.num_synapses()) / 1e9;
    const double reference_size = static_cast<double>(reference.num_synapses()) / 1e9;
    const std::optional<double> goal = n == 1'000'000 ? std::optional<double>(0.5) : std::nullopt;
    report.add({"scale", label(n), size / time.ours, "10^9 synapse-updates/s",
                "the same at 140k neurons", reference_size / time.baseline,
                time.ratio * size / reference_size, goal});
  }
}

}  // namespace noesis::bench

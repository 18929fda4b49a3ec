// What other layouts of the synapses would give a product of one environment. None of them is what
// the library does: they are here so that the choice can be measured again on another machine.

#include <algorithm>
#include <bit>

#include "physics/reorder.hpp"
#include "runners/bench/benches.hpp"
#include "runners/bench/brains.hpp"

#if defined(__x86_64__)
#define NOESIS_AVX2 __attribute__((target("avx2,fma")))
#else
#define NOESIS_AVX2
#endif

namespace noesis::bench {
namespace {

/// The eight lanes of the library's kernels without anything fetched ahead.
NOESIS_AVX2 void eight_lanes(const SynapseView& a, const float* x, float* y, std::int64_t first,
                             std::int64_t last) {
  for (std::int64_t i = first; i < last; ++i) {
    const std::int32_t* source = a.sources + a.row_begin[i];
    const float* weight = a.weights + a.row_begin[i];
    const std::int32_t count = a.row_count[i];
    float lanes[8] = {};
    std::int32_t k = 0;
    for (; k + 8 <= count; k += 8) {
#pragma GCC unroll 8
      for (int l = 0; l < 8; ++l) {
        lanes[l] = math::fma(weight[k + l], x[source[k + l]], lanes[l]);
      }
    }
    for (; k < count; ++k) lanes[0] = math::fma(weight[k], x[source[k]], lanes[0]);
    y[i] = ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
           ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
  }
}

/// A float in 16 bits: its upper half.
struct Half {
  std::uint16_t bits;
};
inline float value_of(float weight) { return weight; }
inline float value_of(Half weight) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(weight.bits) << 16);
}
void store(float weight, float& to) { to = weight; }
void store(float weight, Half& to) {
  to.bits = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(weight) >> 16);
}

/// Synapses by blocks of sources, then rows; sources count from the start of their block. Sums are
/// added block by block, so the bits are others.
template <class Index, class Weight>
struct BlockedTable {
  std::int64_t num_neurons, block_size, num_blocks;
  std::vector<std::int64_t> begin;  // (num_blocks x num_neurons, and one)
  std::vector<Index> sources;
  std::vector<Weight> weights;

  BlockedTable(const SynapseTable& table, std::int64_t sources_a_block)
      : num_neurons(static_cast<std::int64_t>(table.row_begin.size())),
        block_size(sources_a_block),
        num_blocks((num_neurons + block_size - 1) / block_size) {
    std::vector<std::int32_t> next(static_cast<std::size_t>(num_neurons));  // in each row
    for (std::int64_t block = 0; block < num_blocks; ++block) {
      for (std::int64_t i = 0; i < num_neurons; ++i) {
        begin.push_back(static_cast<std::int64_t>(sources.size()));
        const auto row = table.row_sources(i);
        const auto weight = table.row_weights(i);
        auto& k = next[static_cast<std::size_t>(i)];
        for (; k < table.row_count[static_cast<std::size_t>(i)] &&
               row[static_cast<std::size_t>(k)] < (block + 1) * block_size;
             ++k) {
          const auto at = static_cast<std::size_t>(k);
          sources.push_back(static_cast<Index>(row[at] - block * block_size));
          store(weight[at], weights.emplace_back());
        }
      }
    }
    begin.push_back(static_cast<std::int64_t>(sources.size()));
  }
};

template <class Index, class Weight>
NOESIS_AVX2 void blocked(const BlockedTable<Index, Weight>& a, const float* x, float* y,
                         std::int64_t first, std::int64_t last) {
  std::fill(y + first, y + last, 0.0f);
  for (std::int64_t block = 0; block < a.num_blocks; ++block) {
    const float* values = x + block * a.block_size;
    const std::int64_t* begin = a.begin.data() + block * a.num_neurons;
    for (std::int64_t i = first; i < last; ++i) {
      const Index* source = a.sources.data() + begin[i];
      const Weight* weight = a.weights.data() + begin[i];
      const std::int64_t count = begin[i + 1] - begin[i];
      __builtin_prefetch(reinterpret_cast<const char*>(source) + 512);
      __builtin_prefetch(reinterpret_cast<const char*>(weight) + 512);
      float lanes[4] = {};
      std::int64_t k = 0;
      for (; k + 4 <= count; k += 4) {
#pragma GCC unroll 4
        for (int l = 0; l < 4; ++l) {
          lanes[l] = math::fma(value_of(weight[k + l]), values[source[k + l]], lanes[l]);
        }
      }
      for (; k < count; ++k) {
        lanes[0] = math::fma(value_of(weight[k]), values[source[k]], lanes[0]);
      }
      y[i] += (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
    }
  }
}

class Layouts {
 public:
  Layouts(const std::string& name, const SynapseTable& table, Report& report)
      : name_(name), table_(table), report_(report), x_(rates(kNumNeurons)), y_(x_.size()) {}

  template <class Rows>
  void row(const char* what, const Rows& rows) {
    const SynapseView view = view_of(table_);
    const auto on_all = [&](const auto& body) {
      report_.arena().parallel_for(kNumNeurons, 256, body);
    };
    const Pair time = measure(
        [&] { on_all([&](std::int64_t a, std::int64_t b) { rows(x_.data(), y_.data(), a, b); }); },
        [&] {
          on_all([&](std::int64_t a, std::int64_t b) {
            plain_product(view, x_.data(), y_.data(), a, b);
          });
        },
        1);
    const double size = static_cast<double>(table_.num_synapses()) / 1e9;
    report_.add({"layouts", name_ + ", " + what, size / time.ours, "10^9 synapse-updates/s",
                 "plain CSR loop", size / time.baseline, time.ratio});
  }

  template <class Index, class Weight>
  void blocks(const char* what, std::int64_t block_size) {
    const BlockedTable<Index, Weight> table(table_, block_size);
    row(what, [&](const float* x, float* y, std::int64_t first, std::int64_t last) {
      blocked(table, x, y, first, last);
    });
  }

  void all() {
    const SynapseView view = view_of(table_);
    const auto kernel = product_kernel<float>(1);
    row("eight lanes, nothing fetched ahead",
        [&](const float* x, float* y, std::int64_t first, std::int64_t last) {
          eight_lanes(view, x, y, first, last);
        });
    row("the library's kernel",
        [&](const float* x, float* y, std::int64_t first, std::int64_t last) {
          kernel(view, kNumNeurons, x, y, first, last);
        });
    blocks<std::int32_t, float>("blocks for L2 (64 Ki sources)", 65536);
    blocks<std::int32_t, float>("blocks for L1 (4 Ki sources)", 4096);
    blocks<std::uint16_t, float>("blocks for L2, 16-bit sources", 65536);
    blocks<std::uint16_t, Half>("blocks for L2, 16-bit sources and weights", 65536);
  }

 private:
  std::string name_;
  const SynapseTable& table_;
  Report& report_;
  AlignedVector<float> x_, y_;
};

}  // namespace

void layouts(Report& report) {
  if (best_instruction_set() == InstructionSet::kBaseline) {
    report.note("left out: written for x86-64-v3");
    return;
  }
  report.note("layouts of the synapses, 140,000 x 100");
  Layouts("uniform", brain("uniform")->synapses(), report).all();
  const SynapseTable& table = brain("flylike")->synapses();
  Layouts("flylike", table, report).all();
  const SynapseTable ordered = reordered(table, locality_order(table));
  const auto kernel = product_kernel<float>(1);
  Layouts("flylike", table, report)
      .row("neurons reordered",
           [&, view = view_of(ordered)](const float* x, float* y, std::int64_t first,
                                        std::int64_t last) {
             kernel(view, kNumNeurons, x, y, first, last);
           });
}

}  // namespace noesis::bench

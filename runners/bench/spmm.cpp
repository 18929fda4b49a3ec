// The sparse product alone.

#include "physics/reorder.hpp"
#include "physics/state.hpp"
#include "runners/bench/benches.hpp"
#include "runners/bench/brains.hpp"

namespace noesis::bench {
namespace {

constexpr double kBytesPerSynapse = 8;

/// y = A x in batches of environments by the library's kernels.
class Product {
 public:
  Product(const SynapseTable& table, std::int64_t num_envs, const ThreadArena& arena)
      : view_(view_of(table)),
        num_neurons_(static_cast<std::int64_t>(table.row_begin.size())),
        width_(num_envs == 1 ? 1 : kTileWidth<float>),
        num_tiles_((num_envs + width_ - 1) / width_),
        arena_(arena),
        x_(rates(num_neurons_ * width_ * num_tiles_)),
        y_(x_.size()),
        kernel_(product_kernel<float>(width_)) {}

  /// Tile by tile, so that all threads read the rates of one tile from the cache that they share.
  void operator()() {
    for (std::int64_t tile = 0; tile < num_tiles_; ++tile) {
      const std::int64_t start = tile * num_neurons_ * width_;
      arena_.parallel_for(num_neurons_, 256, [&](std::int64_t first, std::int64_t last) {
        kernel_(view_, num_neurons_, x_.data() + start, y_.data() + start, first, last);
      });
    }
  }

 private:
  SynapseView view_;
  std::int64_t num_neurons_;
  int width_;
  std::int64_t num_tiles_;
  const ThreadArena& arena_;
  AlignedVector<float> x_, y_;
  ProductFn<float> kernel_;
};

class PlainProduct {
 public:
  PlainProduct(const SynapseTable& table, const ThreadArena& arena)
      : view_(view_of(table)),
        num_neurons_(static_cast<std::int64_t>(table.row_begin.size())),
        arena_(arena),
        x_(rates(num_neurons_)),
        y_(x_.size()) {}

  void operator()() {
    arena_.parallel_for(num_neurons_, 256, [&](std::int64_t first, std::int64_t last) {
      plain_product(view_, x_.data(), y_.data(), first, last);
    });
  }

 private:
  SynapseView view_;
  std::int64_t num_neurons_;
  const ThreadArena& arena_;
  AlignedVector<float> x_, y_;
};

struct Case {
  std::string name;
  const SynapseTable& table;
  const SynapseTable& plain;    ///< what the plain loop gets: neurons in the order of their ids
  std::optional<double> share;  ///< least part of the read bandwidth for one environment
  std::optional<double> one;    ///< least ratio to the plain loop for one environment
  std::optional<double> batch;  ///< the same for 16
};

void against_plain(const Case& c, std::int64_t envs, std::optional<double> goal, Report& report) {
  Product ours(c.table, envs, report.arena());
  PlainProduct plain(c.plain, report.arena());
  const auto synapses = static_cast<double>(c.table.num_synapses());
  const Pair time = measure(std::ref(ours), std::ref(plain));
  const double batch = static_cast<double>(envs);
  report.add({"spmm", c.name + ", " + std::to_string(envs) + " env",
              synapses * batch / time.ours / 1e9, "10^9 synapse-updates/s", "plain CSR loop, 1 env",
              synapses / time.baseline / 1e9, batch * time.ratio, goal});
}

/// One environment against what memory allows.
void against_memory(const Case& c, Report& report) {
  Product ours(c.table, 1, report.arena());
  const auto synapses = static_cast<double>(c.table.num_synapses());
  report.add_bandwidth("spmm", c.name + ", 1 env, 8 bytes a synapse", kBytesPerSynapse * synapses,
                       std::ref(ours), c.share);
}

/// A batch of more tiles against one tile.
void against_one_tile(const Case& c, std::int64_t envs, Report& report) {
  Product ours(c.table, envs, report.arena());
  Product one(c.table, kTileWidth<float>, report.arena());
  const Pair time = measure(std::ref(ours), std::ref(one));
  const double updates = static_cast<double>(c.table.num_synapses() * kTileWidth<float>) / 1e9;
  const double tiles = static_cast<double>(envs) / kTileWidth<float>;
  report.add({"spmm", c.name + ", " + std::to_string(envs) + " env", updates * tiles / time.ours,
              "10^9 synapse-updates/s", "the same, 16 env", updates / time.baseline,
              tiles * time.ratio, 0.95});
}

/// One environment against reads that all hit the nearest cache.
void against_gather_roofline(const Case& c, Report& report) {
  const SynapseTable near = random_table(kNumNeurons, kInDegree, 4096 / sizeof(float));
  Product ours(c.table, 1, report.arena());
  Product roof(near, 1, report.arena());
  const Pair time = measure(std::ref(ours), std::ref(roof));
  const double size = static_cast<double>(c.table.num_synapses()) / 1e9;
  const double roof_size = static_cast<double>(near.num_synapses()) / 1e9;
  report.add({"spmm", c.name + ", 1 env", size / time.ours, "10^9 synapse-updates/s",
              "the same kernel, sources within 4 KiB", roof_size / time.baseline,
              time.ratio * size / roof_size});
}

}  // namespace

void spmm(Report& report) {
  report.note("uniform random brain, 140,000 x 100");
  const Case uniform = {.name = "140k x 100 uniform",
                        .table = brain("uniform")->synapses(),
                        .plain = brain("uniform")->synapses(),
                        .share = {},
                        .one = 1.3,
                        .batch = 7};
  against_plain(uniform, 1, uniform.one, report);
  against_memory(uniform, report);
  against_gather_roofline(uniform, report);
  against_plain(uniform, 16, uniform.batch, report);
  against_one_tile(uniform, 32, report);
  against_one_tile(uniform, 64, report);
  for (const char* name : {"modular", "flylike"}) {
    report.note(std::string(name) + " brain, 140,000 x 100, and its order");
    const SynapseTable& table = brain(name)->synapses();
    const SynapseTable ordered = reordered(table, locality_order(table));
    const Case c = {.name = std::string("140k x 100 ") + name + " reordered",
                    .table = ordered,
                    .plain = table,
                    .share = 0.6,
                    .one = {},
                    .batch = {}};
    against_memory(c, report);
    against_plain(c, 1, c.one, report);
    against_plain(c, 16, c.batch, report);
  }
}

}  // namespace noesis::bench

#include "runners/bench.hpp"

#include <CLI/CLI.hpp>
#include <Eigen/SparseCore>
#include <algorithm>
#include <boost/numeric/odeint.hpp>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "physics/celegans_connectome.hpp"
#include "physics/generators.hpp"
#include "physics/kernels/kernels.hpp"
#include "physics/simulation.hpp"

namespace noesis {

namespace {

using Json = nlohmann::ordered_json;
using Work = std::function<void()>;

double seconds(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Pair {
  double ours;
  double baseline;
};

/// Medians of both, run in turn, each at least `rounds` times, after one run that warms up.
Pair measure(const Work& ours, const Work& baseline, int rounds = 9) {
  std::vector<double> a, b;
  ours();
  baseline();
  for (int k = 0; k < rounds; ++k) {
    a.push_back(seconds(ours));
    b.push_back(seconds(baseline));
  }
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return {a[a.size() / 2], b[b.size() / 2]};
}

Json row(const char* name, const std::string& what, double value, const char* unit,
         const char* baseline, double baseline_value) {
  return {{"name", name},
          {"case", what},
          {"value", value},
          {"unit", unit},
          {"baseline", baseline},
          {"baseline_value", baseline_value},
          {"ratio", value / baseline_value},
          {"goal", nullptr},
          {"holds", nullptr}};
}

/// Read bandwidth [GB/s] of a plain sum over an array far larger than the caches.
double read_bandwidth(const ThreadArena& arena) {
  std::vector<std::uint64_t> data(1 << 25, 1);  // 256 MiB
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(arena.num_threads()) * 64);
  const auto read = [&] {
    arena.parallel_for(arena.num_threads(), 1, [&](std::int64_t first, std::int64_t last) {
      const auto size = static_cast<std::int64_t>(data.size());
      for (std::int64_t part = first; part < last; ++part) {
        sums[static_cast<std::size_t>(part * 64)] = std::accumulate(
            data.begin() + size * part / arena.num_threads(),
            data.begin() + size * (part + 1) / arena.num_threads(), std::uint64_t{0});
      }
    });
  };
  double best = seconds(read);
  for (int k = 0; k < 5; ++k) best = std::min(best, seconds(read));
  return static_cast<double>(data.size() * sizeof(std::uint64_t)) / best / 1e9;
}

/// The sparse product by the textbook loop, rows split over the same threads.
void plain_product(const SynapseView& a, const float* x, float* y, std::int64_t first,
                   std::int64_t last) {
  for (std::int64_t i = first; i < last; ++i) {
    const std::int64_t begin = a.row_begin[i];
    const std::int64_t end = begin + a.row_count[i];
    float sum = 0;
    for (std::int64_t k = begin; k < end; ++k) sum += a.weights[k] * x[a.sources[k]];
    y[i] = sum;
  }
}

void bench_spmm(const ThreadArena& arena, std::vector<Json>& rows) {
  const std::int64_t n = 140'000;
  const Connectome brain = random_connectome({.num_neurons = n, .in_degree = 100}, 1);
  const SynapseTable& table = brain.synapses();
  const SynapseView view = {table.row_begin.data(), table.row_count.data(), table.sources.data(),
                            table.weights.data()};
  const auto synapses = static_cast<double>(table.num_synapses());
  const double bandwidth = read_bandwidth(arena);
  AlignedVector<float> x(static_cast<std::size_t>(n), 0.5f), y(x.size());
  const Work plain = [&] {
    arena.parallel_for(n, 1024, [&](std::int64_t first, std::int64_t last) {
      plain_product(view, x.data(), y.data(), first, last);
    });
  };
  for (const int envs : {1, 16, 32, 64}) {
    const int width = envs == 1 ? 1 : kTileWidth<float>;
    const std::int64_t tiles = envs / width;
    AlignedVector<float> in(static_cast<std::size_t>(n * envs), 0.5f), out(in.size());
    const auto kernel = product_kernel<float>(width);
    const Work ours = [&] {
      arena.parallel_for(tiles * n, 256, [&](std::int64_t first, std::int64_t last) {
        while (first < last) {
          const std::int64_t tile = first / n;
          const std::int64_t end = std::min(last, (tile + 1) * n);
          kernel(view, n, in.data() + tile * n * width, out.data() + tile * n * width,
                 first - tile * n, end - tile * n);
          first = end;
        }
      });
    };
    const Pair time = measure(ours, plain);
    rows.push_back(row("spmm", "140k x 100 uniform random, float, " + std::to_string(envs) + " env",
                       synapses * envs / time.ours / 1e9, "10^9 synapse-updates/s",
                       "plain CSR loop, 1 env", synapses / time.baseline / 1e9));
    if (envs == 1) {
      rows.push_back(row("spmm", "the same, 8 bytes a synapse", 8 * synapses / time.ours / 1e9,
                         "GB/s", "read bandwidth", bandwidth));
    }
  }
}

/// rk4 on Boost.Odeint's own vectors and Eigen's sparse product, one environment, one thread.
class OdeintEigenBrain {
 public:
  OdeintEigenBrain(const Connectome& brain, const BrainSpec& spec)
      : model_(spec.model.wilson_cowan),
        n_(brain.num_neurons()),
        drive_(spec.drive.values(n_)),
        weights_(to_eigen(brain.synapses())),
        gaps_(to_eigen(brain.gap_junctions())),
        gap_sum_(gaps_ * Eigen::VectorXd::Ones(n_)) {}

  void operator()(const std::vector<double>& x, std::vector<double>& dxdt, double) {
    const Eigen::Map<const Eigen::VectorXd> e(x.data(), n_);
    input_.noalias() = weights_ * e;
    gap_.noalias() = gaps_ * e;
    for (std::int64_t i = 0; i < n_; ++i) {
      const double own[2] = {x[static_cast<std::size_t>(i)], x[static_cast<std::size_t>(n_ + i)]};
      double slope[2];
      model_.derivative(own, input_[i], gap_[i] - gap_sum_[i] * own[0],
                        drive_[static_cast<std::size_t>(i)], slope);
      dxdt[static_cast<std::size_t>(i)] = slope[0];
      dxdt[static_cast<std::size_t>(n_ + i)] = slope[1];
    }
  }

 private:
  Eigen::SparseMatrix<double, Eigen::RowMajor> to_eigen(const SynapseTable& table) const {
    std::vector<Eigen::Triplet<double>> triplets;
    for (std::int64_t i = 0; i < n_ && !table.empty(); ++i) {
      for (std::size_t k = 0; k < table.row_sources(i).size(); ++k) {
        triplets.emplace_back(i, table.row_sources(i)[k], table.row_weights(i)[k]);
      }
    }
    Eigen::SparseMatrix<double, Eigen::RowMajor> matrix(n_, n_);
    matrix.setFromTriplets(triplets.begin(), triplets.end());
    return matrix;
  }

  WilsonCowan<double> model_;
  std::int64_t n_;
  std::vector<double> drive_;
  Eigen::SparseMatrix<double, Eigen::RowMajor> weights_, gaps_;
  Eigen::VectorXd gap_sum_, input_, gap_;
};

template <Real T>
void bench_step_of(const ConnectomePtr& brain, const std::string& name, std::int64_t envs,
                   int steps, std::vector<Json>& rows) {
  BrainSpec spec;
  spec.model.wilson_cowan.gap_coupling = 0.5;
  spec.drive = {.mean = 1.25, .sd = 0.1, .seed = 1};
  spec.integrator = {.name = "rk4", .dt_ms = 1};
  const ThreadArena one(1);
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(envs));
  std::iota(seeds.begin(), seeds.end(), 1);
  Simulation<T> ours({brain}, spec, seeds, one);
  OdeintEigenBrain system(*brain, spec);
  boost::numeric::odeint::runge_kutta4<std::vector<double>> stepper;
  std::vector<double> x(static_cast<std::size_t>(2 * brain->num_neurons()), 0.1);
  double end = 0;
  const Pair time = measure(
      [&] {
        end += steps;
        ours.advance_to(end);
      },
      [&] {
        for (int k = 0; k < steps; ++k) stepper.do_step(std::ref(system), x, 0.0, 1.0);
      });
  rows.push_back(row("step",
                     name + ", rk4 Wilson-Cowan, " + (sizeof(T) == 8 ? "double, " : "float, ") +
                         std::to_string(envs) + " env, 1 thread",
                     static_cast<double>(envs * steps) / time.ours, "env steps/s",
                     "Odeint + Eigen sparse, double, 1 env", steps / time.baseline));
}

void bench_step(const ThreadArena&, std::vector<Json>& rows) {
  const auto worm = std::make_shared<Connectome>(celegans_connectome());
  bench_step_of<double>(worm, "C. elegans", 1, 400, rows);
  bench_step_of<double>(worm, "C. elegans", 64, 20, rows);
  bench_step_of<float>(worm, "C. elegans", 64, 20, rows);
  const auto large = std::make_shared<Connectome>(
      random_connectome({.num_neurons = 140'000, .in_degree = 100}, 1));
  bench_step_of<float>(large, "140k x 100", 1, 1, rows);
  bench_step_of<float>(large, "140k x 100", 16, 1, rows);
}

using Bench = void (*)(const ThreadArena&, std::vector<Json>&);
const std::pair<const char*, Bench> kBenches[] = {{"spmm", bench_spmm}, {"step", bench_step}};

void run(const std::vector<std::string>& names, const std::string& json_file, int threads) {
  for (const std::string& name : names) {
    const bool known = std::any_of(std::begin(kBenches), std::end(kBenches),
                                   [&](const auto& bench) { return name == bench.first; });
    if (!known) {
      throw ConfigError({.what = "unknown benchmark",
                         .where = "bench",
                         .got = name,
                         .allowed = "spmm, step",
                         .next = {}});
    }
  }
  const ThreadArena arena(threads);
  std::vector<Json> rows;
  for (const auto& [name, bench] : kBenches) {
    if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
    const std::size_t first = rows.size();
    bench(arena, rows);
    for (std::size_t k = first; k < rows.size(); ++k) {
      std::printf("%-5s %-66s %10.4g %s\n      %6.2f x %s (%.4g)\n", name,
                  rows[k]["case"].get<std::string>().c_str(), rows[k]["value"].get<double>(),
                  rows[k]["unit"].get<std::string>().c_str(), rows[k]["ratio"].get<double>(),
                  rows[k]["baseline"].get<std::string>().c_str(),
                  rows[k]["baseline_value"].get<double>());
    }
  }
  std::printf("kernels: %s; threads: %d\n", name_of(best_instruction_set()), arena.num_threads());
  if (!json_file.empty()) write_file_atomically(json_file, Json(rows).dump(2) + "\n");
}

}  // namespace

void add_bench_command(CLI::App& app) {
  struct Options {
    std::vector<std::string> names;
    std::string json;
    int threads = 0;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("bench", "Measure speed against baselines in the same run");
  command->add_option("names", options->names, "Benchmarks: spmm, step (default: all)");
  command->add_option("--json", options->json, "Write the rows to FILE");
  command->add_option("--threads", options->threads, "Threads; 0: all");
  command->footer("Examples:\n  noesis bench\n  noesis bench spmm --json spmm.json");
  command->callback([options] { run(options->names, options->json, options->threads); });
}

}  // namespace noesis

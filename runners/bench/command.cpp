#include "runners/bench/command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "core/names.hpp"
#include "physics/kernels/kernels.hpp"
#include "runners/bench/benches.hpp"

namespace noesis {
namespace {

constexpr bench::Bench kBenches[] = {
    {"spmm", "the sparse product, one environment and batches", bench::spmm},
    {"layouts", "what other layouts of the synapses would give", bench::layouts},
    {"step", "RK4 steps against Boost.Odeint with Eigen's sparse product", bench::step},
    {"worm", "C. elegans in 64 environments under currents", bench::worm},
    {"env", "every environment, 64 in a batch against 64 single ones", bench::env},
    {"server", "environments over loopback, against those in process", bench::server},
    {"oja", "Oja's rule on all synapses", bench::oja},
    {"prune", "pruning of weak synapses", bench::prune},
    {"gpu", "a device: its product against its memory, steps against the processor", bench::gpu},
    {"exchange", "exchanges between workers: time, bytes, copies", bench::exchange},
    {"distributed", "200,000 neurons on two workers", bench::distributed},
    {"scaling", "steps on more workers, predicted and measured", bench::scaling},
    {"scale", "the product from 1,000 to a million neurons", bench::scale},
};

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const bench::Bench& bench : kBenches) names.emplace_back(bench.name);
  return names;
}

void run(const std::vector<std::string>& wanted, const std::string& json_file, int threads) {
  for (const std::string& name : wanted) {
    const std::vector<std::string> known = names();
    if (std::ranges::find(known, name) != known.end()) continue;
    throw ConfigError({.what = "unknown benchmark",
                       .where = "bench",
                       .got = name,
                       .allowed = join_names(known),
                       .next = suggest_name(name, known)});
  }
  const ThreadArena arena(threads);
  bench::Report report(arena);
  for (const bench::Bench& bench : kBenches) {
    if (!wanted.empty() && std::ranges::find(wanted, bench.name) == wanted.end()) continue;
    std::fprintf(stderr, "%s: %s\n", bench.name, bench.what);
    bench.run(report);
  }
  std::printf("kernels: %s; threads: %d\n", name_of(best_instruction_set()), arena.num_threads());
  if (!json_file.empty()) write_file_atomically(json_file, report.json());
}

}  // namespace

void add_bench_command(CLI::App& app) {
  struct Options {
    std::vector<std::string> names;
    std::string json;
    int threads = 0;
    bool list = false;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("bench", "Measure speed against baselines in the same run");
  command->add_option("names", options->names, "Benchmarks: " + join_names(names()) + " (all)");
  command->add_option("--json", options->json, "Write the rows to FILE");
  command->add_option("--threads", options->threads, "Threads; 0: all");
  command->add_flag("--list", options->list, "Say what there is, and measure nothing");
  command->footer(
      "Examples:\n"
      "  noesis bench                              # all, a few minutes\n"
      "  noesis bench spmm step --threads 1\n"
      "  noesis bench --json bench.json            # the rows, for programs");
  command->callback([options] {
    if (options->list) {
      for (const bench::Bench& bench : kBenches) std::printf("%-11s %s\n", bench.name, bench.what);
      return;
    }
    run(options->names, options->json, options->threads);
  });
}

}  // namespace noesis

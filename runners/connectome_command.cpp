#include "runners/connectome_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "physics/connectome_io.hpp"
#include "physics/connectome_spec.hpp"
#include "physics/graph_measures.hpp"

namespace noesis {

namespace {

struct Options {
  std::string source;
  std::string neurons;
  std::string gap_junctions;
  std::vector<std::string> overrides;
  std::string out, out_neurons, out_gap_junctions;
  bool json = false;
};

/// Reads a file, or makes what has that name, with the keys of `[connectome]` in `overrides`.
ConnectomePtr read(const Options& options) {
  ConnectomeSpec spec;
  const bool is_file =
      std::filesystem::exists(options.source) || options.source.find('.') != std::string::npos;
  spec.source = "file";
  spec.file.path = options.source;
  spec.file.neurons = options.neurons;
  spec.file.gap_junctions = options.gap_junctions;
  const std::string text = is_file ? "" : "source = \"" + options.source + "\"";
  return make_connectome(parse_config<ConnectomeSpec>(text, "connectome", options.overrides, spec));
}

nlohmann::ordered_json describe(const Connectome& connectome) {
  const std::int64_t n = connectome.num_neurons();
  const SynapseTable& table = connectome.synapses();
  std::vector<std::int64_t> out_degree(static_cast<std::size_t>(n), 0);
  std::int64_t max_in = 0, negative = 0, autapses = 0;
  double sum = 0, sum_squares = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    max_in = std::max<std::int64_t>(max_in, table.row_count[static_cast<std::size_t>(i)]);
    const auto sources = table.row_sources(i);
    const auto weights = table.row_weights(i);
    for (std::size_t k = 0; k < sources.size(); ++k) {
      ++out_degree[static_cast<std::size_t>(sources[k])];
      negative += weights[k] < 0;
      sum += weights[k];
      sum_squares += double{weights[k]} * double{weights[k]};
      autapses += sources[k] == i;
    }
  }
  const auto synapses = static_cast<double>(std::max<std::int64_t>(connectome.num_synapses(), 1));
  const double pairs = std::max(1.0, static_cast<double>(n) * static_cast<double>(n - 1));
  const double mean = sum / synapses;
  const std::vector<std::int64_t> components = component_sizes(connectome);
  return {
      {"num_neurons", n},
      {"num_synapses", connectome.num_synapses()},
      {"num_gap_junctions", connectome.num_gap_junctions()},
      {"num_autapses", autapses},
      {"density", static_cast<double>(connectome.num_synapses() - autapses) / pairs},
      {"reciprocity", reciprocity(connectome)},
      {"clustering", clustering_coefficient(connectome).value},
      {"num_components", components.size()},
      {"largest_component", components.front()},
      {"spectral_radius", spectral_radius(connectome).value},
      {"mean_in_degree", static_cast<double>(connectome.num_synapses()) / static_cast<double>(n)},
      {"max_in_degree", max_in},
      {"max_out_degree", *std::max_element(out_degree.begin(), out_degree.end())},
      {"num_negative", negative},
      {"weight_mean", mean},
      {"weight_sd", std::sqrt(std::max(0.0, sum_squares / synapses - mean * mean))},
      {"memory_bytes", connectome.memory_bytes()},
      {"digest", connectome.digest()}};
}

void save(const Options& options) {
  const ConnectomePtr connectome = read(options);
  save_connectome(*connectome, options.out,
                  {.neurons = options.out_neurons, .gap_junctions = options.out_gap_junctions});
  std::fprintf(stderr, "%s: %lld neurons, %lld synapses\n", options.out.c_str(),
               static_cast<long long>(connectome->num_neurons()),
               static_cast<long long>(connectome->num_synapses()));
}

void info(const Options& options) {
  const nlohmann::ordered_json facts = describe(*read(options));
  if (options.json) {
    std::printf("%s\n", facts.dump(2).c_str());
    return;
  }
  for (const auto& [name, value] : facts.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    std::printf("%-18s %s\n", name.c_str(), text.c_str());
  }
}

/// What is common to commands that read a connectome.
void add_source(CLI::App& command, Options& options) {
  command
      .add_option(
          "connectome", options.source,
          "celegans, random, reference, modular, smallworld, flylike, or a .h5, .csv, .tsv, "
          ".mtx or .npz file")
      ->required();
  command.add_option("--set", options.overrides, "A key of [connectome]: key=value")
      ->allow_extra_args(false);
  command.add_option("--neurons", options.neurons, "CSV file of neurons (for .csv, .tsv)");
  command.add_option("--gap-junctions", options.gap_junctions,
                     "CSV file of gap junctions (for .csv, .tsv)");
}

}  // namespace

void add_connectome_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("connectome", "Look at connectomes, make and convert them");
  command->footer(
      "Examples:\n"
      "  noesis connectome info celegans\n"
      "  noesis connectome generate smallworld --set seed=3 --out ring.npz\n"
      "  noesis connectome convert celegans --out worm.csv --out-neurons neurons.csv");
  command->require_subcommand(1);

  auto* info_command =
      command->add_subcommand("info", "Size, degrees, weights, graph measures and digest");
  add_source(*info_command, *options);
  info_command->add_flag("--json", options->json, "Print JSON");
  info_command->footer(
      "Examples:\n  noesis connectome info celegans\n"
      "  noesis connectome info flylike --set num_neurons=20000\n"
      "  noesis connectome info edges.csv --neurons neurons.csv --json");
  info_command->callback([options] { info(*options); });

  auto* convert_command =
      command->add_subcommand("convert", "Write a connectome, made or read, to a file");
  convert_command->alias("generate");
  add_source(*convert_command, *options);
  convert_command->add_option("--out", options->out, ".h5, .csv, .tsv, .mtx or .npz file")
      ->required();
  convert_command->add_option("--out-neurons", options->out_neurons,
                              "CSV file for the neurons (for .csv, .tsv)");
  convert_command->add_option("--out-gap-junctions", options->out_gap_junctions,
                              "CSV file for the gap junctions (for .csv, .tsv)");
  convert_command->footer(
      "Examples:\n  noesis connectome generate smallworld --set seed=3 --set rewiring=0.2 --out "
      "ring.npz\n"
      "  noesis connectome convert edges.csv --neurons neurons.csv --out edges.mtx\n"
      "  noesis connectome convert celegans --out worm.csv --out-neurons neurons.csv "
      "--out-gap-junctions gaps.csv");
  convert_command->callback([options] { save(*options); });
}

}  // namespace noesis

#include "runners/connectome_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "physics/connectome_spec.hpp"

namespace noesis {

namespace {

struct Options {
  std::string source;
  std::string neurons;
  std::string gap_junctions;
  bool json = false;
};

bool is_built_in(const std::string& source) {
  return source == "celegans" || source == "random" || source == "reference" || source == "modular";
}

nlohmann::ordered_json describe(const Connectome& connectome) {
  const std::int64_t n = connectome.num_neurons();
  const SynapseTable& table = connectome.synapses();
  std::vector<std::int64_t> out_degree(static_cast<std::size_t>(n), 0);
  std::int64_t max_in = 0, negative = 0, autapses = 0, mutual = 0;
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
      if (sources[k] == i) {
        ++autapses;
      } else {
        mutual += connectome.has_synapse(i, sources[k]);
      }
    }
  }
  const auto synapses = static_cast<double>(std::max<std::int64_t>(connectome.num_synapses(), 1));
  const double pairs = std::max(1.0, static_cast<double>(n) * static_cast<double>(n - 1));
  const double mean = sum / synapses;
  const auto others = static_cast<double>(connectome.num_synapses() - autapses);
  return {
      {"num_neurons", n},
      {"num_synapses", connectome.num_synapses()},
      {"num_gap_junctions", connectome.num_gap_junctions()},
      {"num_autapses", autapses},
      {"density", others / pairs},
      {"reciprocity", others > 0 ? static_cast<double>(mutual) / others : 0.0},
      {"mean_in_degree", static_cast<double>(connectome.num_synapses()) / static_cast<double>(n)},
      {"max_in_degree", max_in},
      {"max_out_degree", *std::max_element(out_degree.begin(), out_degree.end())},
      {"num_negative", negative},
      {"weight_mean", mean},
      {"weight_sd", std::sqrt(std::max(0.0, sum_squares / synapses - mean * mean))},
      {"memory_bytes", connectome.memory_bytes()},
      {"digest", connectome.digest()}};
}

void info(const Options& options) {
  ConnectomeSpec spec;
  if (is_built_in(options.source) && !std::filesystem::exists(options.source)) {
    spec.source = options.source;
  } else {
    spec.source = "file";
    spec.file.path = options.source;
    spec.file.neurons = options.neurons;
    spec.file.gap_junctions = options.gap_junctions;
  }
  const nlohmann::ordered_json facts = describe(*make_connectome(spec));
  if (options.json) {
    std::printf("%s\n", facts.dump(2).c_str());
    return;
  }
  for (const auto& [name, value] : facts.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    std::printf("%-18s %s\n", name.c_str(), text.c_str());
  }
}

}  // namespace

void add_connectome_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("connectome", "Look at connectomes");
  command->require_subcommand(1);
  auto* info_command = command->add_subcommand("info", "Size, degrees, weights and digest");
  info_command
      ->add_option("connectome", options->source,
                   "celegans, random, reference, modular, or a .csv, .tsv, .mtx or .npz file")
      ->required();
  info_command->add_option("--neurons", options->neurons, "CSV file of neurons (for .csv, .tsv)");
  info_command->add_option("--gap-junctions", options->gap_junctions,
                           "CSV file of gap junctions (for .csv, .tsv)");
  info_command->add_flag("--json", options->json, "Print JSON");
  info_command->footer(
      "Examples:\n  noesis connectome info celegans\n"
      "  noesis connectome info edges.csv --neurons neurons.csv --json");
  info_command->callback([options] { info(*options); });
}

}  // namespace noesis

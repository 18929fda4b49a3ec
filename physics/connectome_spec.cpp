#include "physics/connectome_spec.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "physics/connectome_io.hpp"

namespace noesis {

namespace {

[[noreturn]] void refuse_signs(const FileParameters& file, std::string what, std::string got,
                               std::string next) {
  throw ConfigError({.what = std::move(what),
                     .where = "connectome.signs",
                     .got = std::move(got),
                     .allowed = "\"weights\" or \"presynaptic\" for " + file.path,
                     .next = std::move(next)});
}

/// All weights are positive though some neurons' signs are not: one of them is meant otherwise.
void require_one_meaning(const FileParameters& file, const Connectome& connectome) {
  const auto num_inhibitory = std::ranges::count(connectome.neurons().sign, -1);
  const std::vector<float>& weights = connectome.synapses().weights;
  if (num_inhibitory == 0 || weights.empty() ||
      std::ranges::any_of(weights, [](float weight) { return weight < 0; })) {
    return;
  }
  refuse_signs(file, "all weights are positive, and not all neurons' signs",
               "\"auto\" with " + std::to_string(num_inhibitory) + " neurons of sign -1",
               "say whose signs the synapses have");
}

void put_signs(const FileParameters& file, const NeuronTable& neurons,
               std::vector<Synapse>& synapses) {
  if (neurons.sign.empty()) {
    refuse_signs(file, "the neurons have no signs", "\"presynaptic\"",
                 "give the neuron file a column sign of -1, 0 and 1");
  }
  for (Synapse& synapse : synapses) {
    const auto sign = neurons.sign[static_cast<std::size_t>(synapse.source)];
    if (sign != 0) synapse.weight = std::copysign(synapse.weight, static_cast<float>(sign));
  }
}

void scale_log1p_l2(std::int64_t num_neurons, std::vector<Synapse>& synapses,
                    std::vector<Synapse>& gaps) {
  const auto logarithm = [](float weight) {
    return std::log1p(std::abs(static_cast<double>(weight)));
  };
  std::vector<double> norm2(static_cast<std::size_t>(num_neurons));
  for (const Synapse& synapse : synapses) {
    norm2[static_cast<std::size_t>(synapse.target)] += std::pow(logarithm(synapse.weight), 2);
  }
  for (Synapse& synapse : synapses) {
    const double norm = std::sqrt(norm2[static_cast<std::size_t>(synapse.target)]);
    if (norm == 0) continue;
    synapse.weight =
        static_cast<float>(std::copysign(logarithm(synapse.weight) / norm, synapse.weight));
  }
  double gap_sum = 0;
  for (const Synapse& gap : gaps) gap_sum += 2 * logarithm(gap.weight);
  if (gap_sum == 0) return;
  for (Synapse& gap : gaps) {
    gap.weight =
        static_cast<float>(logarithm(gap.weight) * static_cast<double>(num_neurons) / gap_sum);
  }
}

/// The file's connectome with the signs and the scaling that are asked for.
Connectome weighted(Connectome connectome, const FileParameters& file) {
  if (file.signs == "auto") require_one_meaning(file, connectome);
  const bool signs = file.signs == "presynaptic", scales = file.weights == "log1p_l2";
  if (!signs && !scales) return connectome;
  std::vector<Synapse> synapses = connectome.edges(), gaps = connectome.gap_edges();
  if (signs) put_signs(file, connectome.neurons(), synapses);
  if (scales) scale_log1p_l2(connectome.num_neurons(), synapses, gaps);
  return {connectome.num_neurons(), synapses, gaps, connectome.neurons(),
          connectome.synapses().delays_ms};
}

Connectome build(const ConnectomeSpec& spec, std::uint64_t seed) {
  if (spec.source == "celegans") return celegans_connectome(spec.celegans);
  if (spec.source == "random") return random_connectome(spec.random, seed);
  if (spec.source == "reference") return reference_connectome(spec.reference, seed);
  if (spec.source == "modular") return modular_connectome(spec.modular, seed);
  if (spec.source == "smallworld") return smallworld_connectome(spec.smallworld, seed);
  if (spec.source == "flylike") return flylike_connectome(spec.flylike, seed);
  if (spec.source == "file") {
    const FileParameters& file = spec.file;
    if (file.path.empty()) {
      throw ConfigError({.what = "no file is named",
                         .where = "connectome.path",
                         .got = "\"\"",
                         .allowed = "a .csv, .tsv, .mtx or .npz file",
                         .next = {}});
    }
    return weighted(load_connectome(file.path, {.neurons = file.neurons,
                                                .gap_junctions = file.gap_junctions,
                                                .num_neurons = file.num_neurons,
                                                .sum_duplicates = file.sum_duplicates}),
                    file);
  }
  throw ConfigError({.what = "unknown source",
                     .where = "connectome.source",
                     .got = "\"" + spec.source + "\"",
                     .allowed = "celegans, random, reference, modular, smallworld, flylike or file",
                     .next = {}});
}

}  // namespace

ConnectomePtr make_connectome(const ConnectomeSpec& spec, std::uint64_t offset) {
  return std::make_shared<Connectome>(build(spec, static_cast<std::uint64_t>(spec.seed) + offset));
}

}  // namespace noesis

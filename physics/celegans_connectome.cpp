#include "physics/celegans_connectome.hpp"

#include <cmath>

#include "core/error.hpp"
#include "data/celegans.hpp"
#include "physics/rewire.hpp"

namespace noesis {
namespace {

void require_choice(bool valid, const char* key, const std::string& got, const char* allowed) {
  if (valid) return;
  throw ConfigError({.what = "unknown choice",
                     .where = std::string("celegans.") + key,
                     .got = "'" + got + "'",
                     .allowed = allowed,
                     .next = ""});
}

double sign_of(const CelegansSynapse& synapse, const std::vector<CelegansNeuron>& neurons) {
  if (synapse.polarity == Polarity::kExcitatory) return 1;
  if (synapse.polarity == Polarity::kInhibitory) return -1;
  const std::string& transmitter = neurons[synapse.pre].transmitter;
  return transmitter == "GABA" || transmitter == "glutamate" ? -1 : 1;
}

NeuronTable neuron_table(const CelegansData& data) {
  NeuronTable table;
  for (const CelegansNeuron& neuron : data.neurons) {
    table.name.push_back(neuron.name);
    table.type.push_back(neuron.type);
    table.region.push_back(neuron.pharyngeal ? "pharyngeal" : "somatic");
    table.transmitter.push_back(neuron.transmitter);
    table.x.push_back(neuron.x);
    table.y.push_back(neuron.y);
    table.z.push_back(neuron.z);
  }
  return table;
}

std::vector<Synapse> chemical_synapses(const CelegansData& data,
                                       const CelegansParameters& parameters) {
  const bool logarithmic = parameters.weights == "log1p_l2";
  std::vector<double> row_norm2(data.neurons.size());
  std::vector<double> magnitude;
  for (const CelegansSynapse& synapse : data.chemical) {
    magnitude.push_back(logarithmic ? std::log1p(synapse.count) : synapse.count);
    if (!parameters.autapses && synapse.pre == synapse.post) continue;
    row_norm2[synapse.post] += magnitude.back() * magnitude.back();
  }
  std::vector<Synapse> synapses;
  for (std::size_t k = 0; k < data.chemical.size(); ++k) {
    const CelegansSynapse& synapse = data.chemical[k];
    if (!parameters.autapses && synapse.pre == synapse.post) continue;
    const double sign = parameters.signs == "all_positive" ? 1.0 : sign_of(synapse, data.neurons);
    const double scale = logarithmic ? std::sqrt(row_norm2[synapse.post]) : 1.0;
    synapses.push_back(
        {synapse.pre, synapse.post, static_cast<float>(sign * magnitude[k] / scale)});
  }
  return synapses;
}

std::vector<Synapse> gap_junctions(const CelegansData& data, const CelegansParameters& parameters) {
  const bool logarithmic = parameters.weights == "log1p_l2";
  double row_sums = 0;
  for (const CelegansGap& gap : data.electrical) row_sums += 2 * std::log1p(gap.count);
  const double scale = row_sums / static_cast<double>(data.neurons.size());
  std::vector<Synapse> gaps;
  for (const CelegansGap& gap : data.electrical) {
    const double weight = logarithmic ? std::log1p(gap.count) / scale : gap.count;
    gaps.push_back({gap.a, gap.b, static_cast<float>(weight)});
  }
  return gaps;
}

}  // namespace

Connectome celegans_connectome(const CelegansParameters& parameters) {
  require_choice(parameters.signs == "convention" || parameters.signs == "all_positive", "signs",
                 parameters.signs, "convention or all_positive");
  require_choice(parameters.weights == "log1p_l2" || parameters.weights == "count", "weights",
                 parameters.weights, "log1p_l2 or count");
  require_choice(parameters.rewire_seed >= 0, "rewire_seed", std::to_string(parameters.rewire_seed),
                 "at least 0");
  const CelegansData& data = celegans_data();
  Connectome connectome(static_cast<std::int64_t>(data.neurons.size()),
                        chemical_synapses(data, parameters), gap_junctions(data, parameters),
                        neuron_table(data));
  if (parameters.rewire_seed == 0) return connectome;
  return rewire(connectome, static_cast<std::uint64_t>(parameters.rewire_seed));
}

}  // namespace noesis

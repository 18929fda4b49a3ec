#include "physics/generator_parts.hpp"

#include <algorithm>

#include "data/memory.hpp"
#include "physics/connectome.hpp"

namespace noesis::generating {

void require(bool valid, const std::string& key, const std::string& got,
             const std::string& allowed) {
  if (valid) return;
  throw ConfigError(
      {.what = "parameter out of range", .where = key, .got = got, .allowed = allowed, .next = ""});
}

void require_size(std::int64_t num_neurons, std::int64_t least, const std::string& key) {
  require(num_neurons >= least && num_neurons <= kMaxNeurons, key, std::to_string(num_neurons),
          std::to_string(least) + " to " + std::to_string(kMaxNeurons));
}

void require_gain(double gain, const std::string& key) {
  require(std::isfinite(gain) && gain >= 0, key, std::to_string(gain), "at least 0");
}

void require_synapse_memory(std::int64_t num_neurons, double expected, double bytes_per_synapse,
                            const std::string& where) {
  const double spread = 6 * std::sqrt(expected);
  const double bytes =
      (expected + spread) * bytes_per_synapse + 20.0 * static_cast<double>(num_neurons);
  require_memory(bytes < 9e18 ? static_cast<std::int64_t>(bytes) : -1, where,
                 std::to_string(static_cast<std::int64_t>(std::min(expected, 9e18))) + " synapses");
}

TableWriter::TableWriter(std::int64_t num_neurons, double expected, const std::string& where) {
  require_synapse_memory(num_neurons, expected, 8, where);
  const auto most = static_cast<std::size_t>(expected + 6 * std::sqrt(expected));
  table_.row_begin.reserve(static_cast<std::size_t>(num_neurons));
  table_.row_count.reserve(static_cast<std::size_t>(num_neurons));
  table_.sources.reserve(most);
  table_.weights.reserve(most);
}

void TableWriter::end_row() {
  std::sort(row_.begin(), row_.end());
  table_.row_begin.push_back(table_.num_synapses());
  table_.row_count.push_back(static_cast<std::int32_t>(row_.size()));
  for (const auto& [source, weight] : row_) {
    table_.sources.push_back(source);
    table_.weights.push_back(weight);
  }
  row_.clear();
}

Connectome TableWriter::finish(NeuronTable neurons) {
  return Connectome(std::move(table_), {}, std::move(neurons));
}

double pair_normal(std::uint64_t seed, std::int64_t source, std::int64_t target) {
  return normal_pair(seed, Stream::kWeights, static_cast<std::uint64_t>(source),
                     static_cast<std::uint32_t>(target))
      .first;
}

RandomSequence row_sequence(std::uint64_t seed, std::int64_t row) {
  return RandomSequence(seed, Stream::kTopology, static_cast<std::uint32_t>(row));
}

}  // namespace noesis::generating

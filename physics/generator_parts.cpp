#include "physics/generator_parts.hpp"

#include <algorithm>

#include "core/threads.hpp"
#include "data/memory.hpp"
#include "physics/connectome.hpp"

namespace noesis::generating {

namespace {
constexpr std::int64_t kRowsAtATime = 4096;
}

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

Connectome connectome_of_rows(std::int64_t num_neurons, double expected, const std::string& where,
                              const std::function<void(std::int64_t, Row&)>& fill,
                              NeuronTable neurons) {
  require_synapse_memory(num_neurons, expected, 8, where);
  const auto most = static_cast<std::size_t>(expected + 6 * std::sqrt(expected));
  SynapseTable table;
  table.row_begin.reserve(static_cast<std::size_t>(num_neurons));
  table.row_count.reserve(static_cast<std::size_t>(num_neurons));
  table.sources.reserve(most);
  table.weights.reserve(most);
  const ThreadArena arena;
  std::vector<Row> rows(static_cast<std::size_t>(std::min(num_neurons, kRowsAtATime)));
  for (std::int64_t begin = 0; begin < num_neurons; begin += kRowsAtATime) {
    const std::int64_t count = std::min(kRowsAtATime, num_neurons - begin);
    arena.parallel_for(count, 16, [&](std::int64_t k, std::int64_t last) {
      for (; k < last; ++k) {
        Row& row = rows[static_cast<std::size_t>(k)];
        row.clear();
        fill(begin + k, row);
        std::sort(row.begin(), row.end());
      }
    });
    for (std::int64_t k = 0; k < count; ++k) {
      const Row& row = rows[static_cast<std::size_t>(k)];
      table.row_begin.push_back(table.num_synapses());
      table.row_count.push_back(static_cast<std::int32_t>(row.size()));
      for (const auto& [source, weight] : row) {
        table.sources.push_back(source);
        table.weights.push_back(weight);
      }
    }
  }
  return Connectome(std::move(table), {}, std::move(neurons));
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

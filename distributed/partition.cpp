#include "distributed/partition.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <numeric>

#include "core/error.hpp"

namespace noesis {

std::vector<std::int64_t> row_costs(std::int64_t num_neurons, const SynapseView& synapses,
                                    const SynapseView& gap_junctions) {
  std::vector<std::int64_t> costs(static_cast<std::size_t>(num_neurons), kPointwiseCost);
  for (std::size_t i = 0; i < costs.size(); ++i) {
    costs[i] += synapses.row_count[i];
    if (gap_junctions.row_begin != nullptr) costs[i] += gap_junctions.row_count[i];
  }
  return costs;
}

Partition partition_by_blocks(std::span<const std::int64_t> costs, int num_workers) {
  Partition partition{num_workers, std::vector<std::int32_t>(costs.size())};
  const std::int64_t total = std::accumulate(costs.begin(), costs.end(), std::int64_t{0});
  std::int64_t before = 0;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    // The block that the middle of the row falls into; 128 bits, for no overflow.
    const auto middle = static_cast<__int128>(2 * before + costs[i]) * num_workers;
    partition.owner[i] = static_cast<std::int32_t>(
        std::min<std::int64_t>(static_cast<std::int64_t>(middle / (2 * total)), num_workers - 1));
    before += costs[i];
  }
  return partition;
}

Partition partition_by_regions(std::span<const std::int64_t> costs, const NeuronTable& neurons,
                               int num_workers) {
  if (neurons.region.empty()) {
    throw ConfigError({.what = "the connectome names no regions",
                       .where = "partition.by",
                       .got = "\"regions\"",
                       .allowed = "\"blocks\" or \"file\"",
                       .next = {}});
  }
  const auto region_of = [&](std::size_t i) {
    return i < neurons.region.size() ? neurons.region[i] : std::string();
  };
  std::map<std::string, std::int64_t> cost_of;
  for (std::size_t i = 0; i < costs.size(); ++i) cost_of[region_of(i)] += costs[i];
  std::vector<std::pair<std::int64_t, std::string>> regions;
  for (const auto& [name, cost] : cost_of) regions.emplace_back(-cost, name);
  std::sort(regions.begin(), regions.end());
  std::vector<std::int64_t> load(static_cast<std::size_t>(num_workers), 0);
  std::map<std::string, std::int32_t> worker_of;
  for (const auto& [cost, name] : regions) {
    const auto least = std::min_element(load.begin(), load.end());
    worker_of[name] = static_cast<std::int32_t>(least - load.begin());
    *least -= cost;
  }
  Partition partition{num_workers, {}};
  for (std::size_t i = 0; i < costs.size(); ++i) {
    partition.owner.push_back(worker_of[region_of(i)]);
  }
  return partition;
}

Partition read_partition(const std::filesystem::path& file, std::span<const std::int64_t> costs,
                         std::int64_t num_named, int num_workers) {
  const auto fail = [&](std::string what, std::string where, std::string got, std::string allowed) {
    throw ConfigError({.what = std::move(what),
                       .where = file.string() + where,
                       .got = std::move(got),
                       .allowed = std::move(allowed),
                       .next = {}});
  };
  std::ifstream stream(file);
  if (!stream) fail("cannot be read", "", "", "a text file with the worker of each neuron");
  Partition partition{num_workers, {}};
  std::string line;
  while (std::getline(stream, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const std::string where = ":" + std::to_string(partition.owner.size() + 1);
    if (partition.owner.size() == costs.size()) {
      fail("more lines than neurons", where, "", std::to_string(costs.size()) + " lines");
    }
    std::int32_t worker = -1;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), worker);
    if (error != std::errc() || end != line.data() + line.size() || worker < 0 ||
        worker >= num_workers) {
      fail("not a worker", where, line.substr(0, 40), "0 to " + std::to_string(num_workers - 1));
    }
    partition.owner.push_back(worker);
  }
  if (std::ssize(partition.owner) < num_named) {
    fail("fewer lines than neurons", "", std::to_string(partition.owner.size()),
         std::to_string(num_named) + " lines");
  }
  while (partition.owner.size() < costs.size()) {
    partition.owner.push_back(
        static_cast<std::int32_t>(partition.owner.size() % static_cast<std::size_t>(num_workers)));
  }
  return partition;
}

Partition make_partition(const PartitionSpec& spec, std::span<const std::int64_t> costs,
                         const NeuronTable& neurons, std::int64_t num_named, int num_workers) {
  if (spec.by == "regions") return partition_by_regions(costs, neurons, num_workers);
  if (spec.by == "file") return read_partition(spec.file, costs, num_named, num_workers);
  return partition_by_blocks(costs, num_workers);
}

}  // namespace noesis

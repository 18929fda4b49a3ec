#include <numeric>
#include <string>

#include "core/error.hpp"
#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {

void PlasticConnectome::write(Hdf5File& file, const std::string& group) const {
  const SynapseTable table = compacted();
  file.write(group + "/row_count", table.row_count);
  file.write(group + "/sources", table.sources);
  file.write(group + "/weights", table.weights);
  file.write(group + "/alive", alive_);
  std::vector<std::int32_t> signs(neurons_.sign.begin(), neurons_.sign.end());
  file.write(group + "/sign", signs);
}

void PlasticConnectome::read(const Hdf5File& file, const std::string& group,
                             std::int64_t max_neurons) {
  SynapseTable table;
  table.row_count = file.read<std::int32_t>(group + "/row_count");
  table.sources = file.read<std::int32_t>(group + "/sources");
  table.weights = file.read<float>(group + "/weights");
  table.delays_ms = table_.delays_ms;
  table.row_begin.resize(table.row_count.size());
  std::exclusive_scan(table.row_count.begin(), table.row_count.end(), table.row_begin.begin(),
                      std::int64_t{0});
  const auto alive = file.read<std::uint8_t>(group + "/alive");
  const auto signs = file.read<std::int32_t>(group + "/sign");
  const auto total = static_cast<std::int64_t>(table.row_count.size());
  const std::int64_t before = num_neurons();
  const bool fits = total >= before && total <= max_neurons && std::ssize(alive) == total &&
                    std::ssize(signs) == (neurons_.sign.empty() ? 0 : total);
  if (!fits) {
    throw ConfigError({.what = "plastic connectome of another brain",
                       .where = file.where(group),
                       .got = std::to_string(total) + " neurons",
                       .allowed = std::to_string(before) + " to " + std::to_string(max_neurons) +
                                  ", each alive or not, with a sign where signs are known",
                       .next = {}});
  }
  std::vector<std::int8_t> new_signs;
  for (auto k = static_cast<std::size_t>(before); k < signs.size(); ++k) {
    new_signs.push_back(static_cast<std::int8_t>(signs[k]));
  }
  add_neurons(total - before, new_signs);
  // The constructor checks the table.
  PlasticConnectome loaded(Connectome(std::move(table), gap_edges_, neurons_));
  loaded.alive_ = alive;
  loaded.num_alive_ = std::accumulate(alive.begin(), alive.end(), std::int64_t{0});
  *this = std::move(loaded);
}

}  // namespace noesis

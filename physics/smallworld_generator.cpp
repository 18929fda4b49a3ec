#include <algorithm>
#include <cmath>
#include <vector>

#include "physics/generator_parts.hpp"
#include "physics/generators.hpp"

namespace noesis {

using namespace generating;

Connectome smallworld_connectome(const SmallworldParameters& parameters, std::uint64_t seed) {
  const std::int64_t n = parameters.num_neurons, k = parameters.neighbours;
  const double beta = parameters.rewiring;
  require_size(n, 3, "smallworld.num_neurons");
  require_gain(parameters.gain, "smallworld.gain");
  require(k >= 2 && k % 2 == 0 && k <= n - 1, "smallworld.neighbours", std::to_string(k),
          "even, 2 to " + std::to_string(n - 1));
  require(beta >= 0 && beta <= 1, "smallworld.rewiring", std::to_string(beta), "0 to 1");
  const double scale = parameters.gain / std::sqrt(static_cast<double>(k));
  const auto fill = [&](std::int64_t row, Row& inputs) {
    RandomSequence random = row_sequence(seed, row);
    std::vector<std::int64_t> sources;
    for (std::int64_t d = 1; d <= k / 2; ++d) {
      sources.push_back((row + d) % n);
      sources.push_back((row - d + n) % n);
    }
    for (std::int64_t& source : sources) {
      if (random.uniform() >= beta || k == n - 1) continue;
      std::int64_t other;
      do {
        other = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(n)));
      } while (other == row || std::ranges::find(sources, other) != sources.end());
      source = other;
    }
    for (const std::int64_t source : sources) {
      inputs.emplace_back(static_cast<std::int32_t>(source),
                          static_cast<float>(scale * pair_normal(seed, source, row)));
    }
  };
  return connectome_of_rows(n, static_cast<double>(n) * static_cast<double>(k), "smallworld", fill);
}

}  // namespace noesis

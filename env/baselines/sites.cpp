#include "core/error.hpp"
#include "env/baselines/baselines.hpp"

namespace noesis {

void require_currents(const BrainOptions& options) {
  if (options.action_mode == "current") return;
  throw ConfigError({.what = "the scripted baseline acts by currents only",
                     .where = "action_mode",
                     .got = options.action_mode,
                     .allowed = "current",
                     .next = {}});
}

std::vector<std::int64_t> places_in(const Sites& recorded, std::span<const std::int64_t> neurons) {
  std::vector<std::int64_t> places;
  for (const std::int64_t neuron : neurons) {
    std::int64_t place = -1;
    for (std::int64_t site = 0; site < recorded.size(); ++site) {
      if (recorded.neurons(site).size() == 1 && recorded.tip(site) == neuron) place = site;
    }
    places.push_back(place);
  }
  return places;
}

}  // namespace noesis

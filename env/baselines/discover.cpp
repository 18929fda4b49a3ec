#include "env/tasks/discover.hpp"

#include <algorithm>

#include "env/baselines/baselines.hpp"
#include "env/tasks/timed.hpp"

namespace noesis {
namespace {

/// A full pulse at the neuron whose outgoing synapses are least certain.
class LeastCertain final : public Policy {
 public:
  void act(std::span<const float> observation, std::span<float> action) override {
    const std::size_t n = action.size() - 1;  // observation: rates, uncertainties, budget left
    const auto uncertainty = observation.subspan(n, n);
    const auto site = std::max_element(uncertainty.begin(), uncertainty.end());
    std::fill(action.begin(), action.end(), 0.0f);
    action[static_cast<std::size_t>(site - uncertainty.begin())] = 1;
    action[n] = 1;
  }
};

}  // namespace

PolicyFactory scripted_discover(const EnvOptions& options) {
  read_options<DiscoverOptions>("noesis/Discover-v0", options);  // refuses what the task would
  return [](std::uint64_t) { return std::make_unique<LeastCertain>(); };
}

}  // namespace noesis

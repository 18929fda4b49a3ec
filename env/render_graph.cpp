#include "env/render_graph.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>

#include "core/error.hpp"

namespace noesis {
namespace {

void place_on_circle(std::int64_t num_neurons, RenderGraph& graph) {
  for (std::int64_t i = 0; i < num_neurons; ++i) {
    const double angle =
        2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(num_neurons);
    graph.x.push_back(0.5 + 0.5 * std::sin(angle));
    graph.y.push_back(0.5 + 0.5 * std::cos(angle));
  }
}

struct Axis {
  std::span<const float> places;
  double low = 0, spread = 0;
};

Axis make_axis(std::span<const float> places) {
  if (places.empty()) return {};
  const auto [low, high] = std::minmax_element(places.begin(), places.end());
  return {places, *low, static_cast<double>(*high) - *low};
}

/// False when positions are unknown or lie on a line.
bool place_by_position(const NeuronTable& neurons, RenderGraph& graph) {
  std::array<Axis, 3> axes = {make_axis(neurons.x), make_axis(neurons.y), make_axis(neurons.z)};
  std::stable_sort(axes.begin(), axes.end(),
                   [](const Axis& a, const Axis& b) { return a.spread > b.spread; });
  if (axes[1].spread <= 0) return false;
  const auto scaled = [](const Axis& axis) {
    std::vector<double> places;
    for (const float place : axis.places) places.push_back((place - axis.low) / axis.spread);
    return places;
  };
  graph.x = scaled(axes[0]);
  graph.y = scaled(axes[1]);
  return true;
}

void take_strongest(const SynapseTable& table, std::int64_t most, RenderGraph& graph) {
  std::vector<Synapse> synapses;
  for (std::int64_t row = 0; row < std::ssize(table.row_count); ++row) {
    const auto sources = table.row_sources(row);
    const auto weights = table.row_weights(row);
    for (std::size_t k = 0; k < sources.size(); ++k) {
      synapses.push_back({sources[k], static_cast<std::int32_t>(row), weights[k]});
    }
  }
  const auto taken = synapses.begin() + std::min(most, std::ssize(synapses));
  const auto stronger = [](const Synapse& a, const Synapse& b) {
    const float left = std::abs(a.weight), right = std::abs(b.weight);
    return left != right ? left > right
                         : std::pair(a.target, a.source) < std::pair(b.target, b.source);
  };
  std::partial_sort(synapses.begin(), taken, synapses.end(), stronger);
  const float strongest = synapses.empty() ? 1 : std::abs(synapses.front().weight);
  for (auto synapse = synapses.begin(); synapse != taken; ++synapse) {
    graph.sources.push_back(synapse->source);
    graph.targets.push_back(synapse->target);
    graph.weights.push_back(strongest > 0 ? synapse->weight / strongest : 0);
  }
}

}  // namespace

RenderGraph make_render_graph(const Connectome& connectome, std::vector<double> levels,
                              std::int64_t most_synapses) {
  ensure(std::ssize(levels) == connectome.num_neurons(), "a network has a level for each neuron");
  RenderGraph graph;
  for (double& level : levels) {
    level = std::isfinite(level) ? std::clamp(level, 0.0, 1.0) : 0.0;
  }
  graph.levels = std::move(levels);
  if (!place_by_position(connectome.neurons(), graph)) {
    place_on_circle(connectome.num_neurons(), graph);
  }
  take_strongest(connectome.synapses(), most_synapses, graph);
  return graph;
}

}  // namespace noesis

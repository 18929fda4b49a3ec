// Simulates a random chaotic network with nothing but the installed headers and libraries.

#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include "core/rng.hpp"
#include "physics/simulation.hpp"

int main() {
  constexpr int kNumNeurons = 50;
  noesis::RandomSequence random(7, noesis::Stream::kWeights);
  std::vector<noesis::Synapse> synapses;
  for (int target = 0; target < kNumNeurons; ++target) {
    for (int source = 0; source < kNumNeurons; ++source) {
      const double weight = 3.0 * random.normal() / std::sqrt(double{kNumNeurons});
      synapses.push_back({source, target, static_cast<float>(weight)});
    }
  }
  const auto connectome = std::make_shared<noesis::Connectome>(kNumNeurons, synapses);

  noesis::BrainSpec spec;
  spec.model.name = "rate";
  const noesis::ThreadArena arena(2);
  noesis::Simulation<double> simulation({connectome}, spec, {1}, arena);
  simulation.advance_to(100.0);

  double activity = 0;
  for (int i = 0; i < kNumNeurons; ++i) activity += std::abs(simulation.state().at(0, 0, i));
  activity /= kNumNeurons;
  std::printf("mean |x| = %.3f at %.0f ms\n", activity, simulation.time_ms());
  return simulation.time_ms() == 100.0 && activity > 0.01 && activity < 10 ? 0 : 1;
}

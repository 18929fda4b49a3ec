// Rules that pass over all synapses.

#include <algorithm>
#include <cmath>

#include "physics/plasticity/oja.hpp"
#include "physics/plasticity/pruning.hpp"
#include "physics/reorder.hpp"
#include "runners/bench/benches.hpp"
#include "runners/bench/brains.hpp"

namespace noesis::bench {
namespace {

constexpr double kBytesPerSynapse = 12;  // 8 read, 4 written
constexpr double kPrunedPart = 0.01;

Connectome reordered_brain(const std::string& name) {
  const SynapseTable& table = brain(name)->synapses();
  const NeuronOrder order = locality_order(table);
  std::vector<Synapse> edges = brain(name)->edges();
  for (Synapse& edge : edges) {
    edge.source = order.place_of[static_cast<std::size_t>(edge.source)];
    edge.target = order.place_of[static_cast<std::size_t>(edge.target)];
  }
  return Connectome(brain(name)->num_neurons(), edges);
}

void oja_on(const Connectome& connectome, const std::string& what, std::optional<double> goal,
            Report& report) {
  PlasticConnectome plastic(connectome);
  const AlignedVector<float> x = rates(connectome.num_neurons());
  const std::span<const float> values(x.data(), x.size());
  report.add_bandwidth(
      "oja", "140k x 100 " + what + ", float, 12 bytes a synapse",
      kBytesPerSynapse * static_cast<double>(connectome.num_synapses()),
      [&] { noesis::oja(plastic, values, values, 1e-3, report.arena()); }, goal);
}

/// The threshold below which that part of the weights lies.
double threshold_of(const Connectome& connectome, double part) {
  std::vector<float> sizes = connectome.synapses().weights;
  for (float& size : sizes) size = std::abs(size);
  const auto at = sizes.begin() + static_cast<std::ptrdiff_t>(
                                      part * static_cast<double>(connectome.num_synapses()));
  std::nth_element(sizes.begin(), at, sizes.end());
  return static_cast<double>(*at);
}

void prune_on(const Connectome& connectome, const std::string& what, std::optional<double> goal,
              Report& report) {
  const double threshold = threshold_of(connectome, kPrunedPart);
  const double bytes = kBytesPerSynapse * static_cast<double>(connectome.num_synapses());
  MemoryRead read(report.arena());
  std::vector<double> shares, times, reads;
  for (int k = 0; k < 7; ++k) {
    PlasticConnectome plastic(connectome);  // anew, as what is gone is gone
    times.push_back(seconds_of([&] { prune_weak(plastic, threshold, report.arena()); }));
    reads.push_back(seconds_of(std::ref(read)));
    shares.push_back(bytes / times.back() / (read.bytes() / reads.back()));
  }
  report.add({"prune", "140k x 100 " + what + ", float, 1% of the synapses go",
              bytes / median(times) / 1e9, "GB/s", "read bandwidth",
              read.bytes() / median(reads) / 1e9, median(shares), goal});
}

}  // namespace

void oja(Report& report) {
  report.note("Oja's rule");
  oja_on(reordered_brain("modular"), "modular reordered", 0.6, report);
  oja_on(*brain("uniform"), "uniform", {}, report);
}

void prune(Report& report) {
  report.note("pruning");
  prune_on(reordered_brain("modular"), "modular reordered", 0.3, report);
  prune_on(*brain("uniform"), "uniform", {}, report);
}

}  // namespace noesis::bench

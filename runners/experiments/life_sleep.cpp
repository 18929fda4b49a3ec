#include "runners/experiments/life_sleep.hpp"

#include <algorithm>
#include <cmath>

namespace noesis {
namespace {

constexpr double kMemorySteps = 100;  // of the running means of load
constexpr double kSaturatedRate = 0.95;
constexpr double kTolerableSaturation = 0.5;

/// What a random number of sleep is for.
enum Choice : std::uint32_t { kStore, kPruned, kReplayed };

/// The |weight| below which `fraction` of all synapses lie.
float weight_quantile(const PlasticConnectome& connectome, double fraction) {
  std::vector<float> sizes;
  for (std::int64_t i = 0; i < connectome.num_neurons(); ++i) {
    for (const float weight : connectome.row_weights(i)) sizes.push_back(std::abs(weight));
  }
  if (sizes.empty()) return 0;
  const auto nth = static_cast<std::ptrdiff_t>(fraction * static_cast<double>(sizes.size()));
  if (nth >= std::ssize(sizes)) return INFINITY;
  std::ranges::nth_element(sizes, sizes.begin() + nth);
  return sizes[static_cast<std::size_t>(nth)];
}

std::int64_t prune(PlasticConnectome& connectome, const LifeSleepSpec& spec, std::uint64_t seed,
                   std::int64_t night) {
  std::vector<Synapse> pruned;
  const auto take = [&](const Synapse& synapse) {
    pruned.push_back({synapse.source, synapse.target, 0});
    return true;
  };
  if (spec.pruned == "random") {
    RandomSequence random(seed, Stream::kStructural, static_cast<std::uint32_t>(night));
    connectome.remove_synapses([&](const Synapse& synapse) {
      return random.uniform() < spec.pruned_fraction && take(synapse);
    });
  } else {
    const float threshold = weight_quantile(connectome, spec.pruned_fraction);
    connectome.remove_synapses([&](const Synapse& synapse) {
      return std::abs(synapse.weight) < threshold && take(synapse);
    });
  }
  connectome.add_synapses(pruned);
  return std::ssize(pruned);
}

}  // namespace

void CognitiveLoad::observe(double loss, std::span<const double> rates) {
  const auto saturated =
      std::ranges::count_if(rates, [](double y) { return std::abs(y) > kSaturatedRate; });
  loss_ += (loss - loss_) / kMemorySteps;
  saturated_ += (static_cast<double>(saturated) / static_cast<double>(rates.size()) - saturated_) /
                kMemorySteps;
}

double CognitiveLoad::value() const noexcept {
  return std::max(loss_, saturated_ / kTolerableSaturation);
}

EpisodicMemory::EpisodicMemory(std::int64_t capacity, std::uint64_t seed)
    : capacity_(capacity), seed_(seed) {}

void EpisodicMemory::store(const Sample& sample) {
  ++seen_;
  if (std::ssize(samples_) < capacity_) {
    samples_.push_back(sample);
    return;
  }
  const double place =
      uniform_pair(seed_, Stream::kResampling, static_cast<std::uint64_t>(seen_), 0, kStore).first *
      static_cast<double>(seen_);
  if (place < static_cast<double>(capacity_)) samples_[static_cast<std::size_t>(place)] = sample;
}

bool SleepTrigger::sleeps(double load) {
  ++awake_;
  const bool due = spec_.trigger == "schedule" ? awake_ >= spec_.interval_steps
                   : spec_.trigger == "load"   ? load > spec_.load_threshold
                                               : false;
  if (!due || awake_ < spec_.refractory_steps) return false;
  awake_ = 0;
  return true;
}

std::int64_t sleep(LifelongBrain& brain, const EpisodicMemory& memory, std::uint64_t seed,
                   std::int64_t night) {
  const LifeSleepSpec& spec = brain.spec().sleep;
  std::int64_t num_pruned = 0;
  if (spec.decays || spec.prunes) {
    brain.simulation().edit_connectome(0, [&](PlasticConnectome& connectome) {
      for (std::int64_t i = 0; spec.decays && i < connectome.num_neurons(); ++i) {
        for (float& weight : connectome.row_weights(i)) weight *= static_cast<float>(spec.kept);
      }
      if (spec.prunes) num_pruned = prune(connectome, spec, seed, night);
    });
  }
  if (!spec.replays || memory.samples().empty()) return num_pruned;
  RandomSequence random(seed, Stream::kResampling, static_cast<std::uint32_t>(night) + 1);
  for (std::int64_t n = 0; n < spec.replay_steps; ++n) {
    brain.learn(memory.samples()[random.below(memory.samples().size())]);
  }
  return num_pruned;
}

}  // namespace noesis

#include "env/tasks/heal.hpp"

#include <algorithm>

#include "env/baselines/baselines.hpp"
#include "env/tasks/timed.hpp"

namespace noesis {
namespace {

/// G sum_j W_ij of a healthy brain of excitatory synapses (mean rate .12, chaotic).
constexpr double kHealthyInput = 1;
/// Drive at which nodes are active by themselves.
constexpr double kHealthyDrive = 1.25;

/// Takes away what the synapses send too much: u_i = -(G sum_j W_ij - kHealthyInput) times the mean
/// of the sources' rates, weighted as the synapses are. Neurons that are not recorded by themselves
/// are taken to be at the mean of those that are.
class CancelExcess final : public Policy {
 public:
  CancelExcess(ConnectomePtr connectome, std::vector<std::int64_t> targets,
               std::vector<std::int64_t> place, double coupling, double amplitude)
      : connectome_(std::move(connectome)),
        targets_(std::move(targets)),
        place_(std::move(place)),
        coupling_(coupling),
        amplitude_(amplitude) {}

  void act(std::span<const float> observation, std::span<float> action) override {
    std::vector<double> rates(place_.size());
    double sum = 0, seen = 0;
    for (std::size_t i = 0; i < rates.size(); ++i) {
      if (place_[i] < 0) continue;
      rates[i] = static_cast<double>(observation[static_cast<std::size_t>(place_[i])]);
      sum += rates[i];
      ++seen;
    }
    for (std::size_t i = 0; i < rates.size(); ++i) {
      if (place_[i] < 0) rates[i] = seen > 0 ? sum / seen : 0;
    }
    for (std::size_t k = 0; k < action.size(); ++k) {
      const SynapseTable& table = connectome_->synapses();
      double received = 0, strength = 0;
      const auto sources = table.row_sources(targets_[k]);
      const auto weights = table.row_weights(targets_[k]);
      for (std::size_t s = 0; s < sources.size(); ++s) {
        const double weight = coupling_ * weights[s];
        received += weight * rates[static_cast<std::size_t>(sources[s])];
        strength += weight;
      }
      const double excess = strength > kHealthyInput ? 1 - kHealthyInput / strength : 0;
      action[k] = static_cast<float>(std::clamp(-excess * received / amplitude_, -1.0, 1.0));
    }
  }

 private:
  ConnectomePtr connectome_;
  std::vector<std::int64_t> targets_, place_;
  double coupling_, amplitude_;
};

/// The same current into every site.
class Constant final : public Policy {
 public:
  explicit Constant(float level) : level_(level) {}
  void act(std::span<const float>, std::span<float> action) override {
    std::fill(action.begin(), action.end(), level_);
  }

 private:
  float level_;
};

}  // namespace

PolicyFactory scripted_quench(const EnvOptions& options) {
  const auto config = read_options<QuenchOptions>("noesis/Quench-v0", options).task;
  require_currents(config.brain);
  const Subject subject = seized_subject(config);
  const auto seed = static_cast<std::uint64_t>(config.brain.brain_seed);
  const Sites recorded = select_sites(config.brain.recorded, subject.num_units, seed, "recorded");
  const Sites stimulated =
      select_sites(config.brain.stimulated, subject.num_units, seed, "stimulated");
  std::vector<std::int64_t> targets, neurons;
  for (std::int64_t site = 0; site < stimulated.size(); ++site) {
    targets.push_back(stimulated.tip(site));
  }
  for (std::int64_t i = 0; i < subject.num_units; ++i) neurons.push_back(i);
  const auto place = places_in(recorded, neurons);
  return [=, connectome = subject.connectome, amplitude = config.brain.amplitude,
          coupling = subject.brain.model.wilson_cowan.coupling](std::uint64_t) {
    return std::make_unique<CancelExcess>(connectome, targets, place, coupling, amplitude);
  };
}

PolicyFactory scripted_wake(const EnvOptions& options) {
  const auto config = read_options<WakeOptions>("noesis/Wake-v0", options).task;
  require_currents(config.brain);
  const double needed = kHealthyDrive - comatose_subject(config).brain.drive.mean;
  const auto level = static_cast<float>(std::min(needed / config.brain.amplitude, 1.0));
  return [level](std::uint64_t) { return std::make_unique<Constant>(level); };
}

}  // namespace noesis

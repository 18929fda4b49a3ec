#include "runners/experiments/growth.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "core/error.hpp"
#include "core/interrupt.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

constexpr double kTauMs = 10;
constexpr double kRulesMs = 10;
constexpr double kLookAtMs = 10;  // between two looks at the mean rate
constexpr double kSeizingRate = 0.6;

BrainSpec resting_brain(const GrowthSpec& spec, std::uint64_t seed) {
  BrainSpec brain;
  brain.model.name = spec.model;
  if (spec.model == "rate") {
    brain.model.rate = {.tau_ms = kTauMs, .activation = "logistic"};
    brain.integrator = {.name = "heun", .dt_ms = 5};
    const double rest = std::log(spec.target_rate / (1 - spec.target_rate));
    brain.drive = {.mean = rest, .sd = 0.1, .seed = static_cast<std::int64_t>(seed)};
    brain.initial = {.low = rest - 0.5, .high = rest + 0.5};
  } else {
    brain.model.wilson_cowan.tau_e_ms = brain.model.wilson_cowan.tau_i_ms = kTauMs;
    brain.integrator = {.name = "heun", .dt_ms = 2};
    brain.drive = {.mean = 1.25, .sd = 0.1, .seed = static_cast<std::int64_t>(seed)};
  }
  brain.noise.sigma = spec.noise;
  return brain;
}

BrainSpec growing_brain(const GrowthSpec& spec, std::int64_t from, std::int64_t to,
                        std::uint64_t seed) {
  BrainSpec brain = resting_brain(spec, seed);
  PlasticitySpec& rules = brain.plasticity;
  rules.interval_ms = kRulesMs;
  if (spec.homeostasis) rules.rules.push_back("homeostasis");
  if (spec.arousal) rules.rules.push_back("arousal");
  rules.rules.push_back("neurogenesis");
  rules.homeostasis = {.target_rate = spec.target_rate,
                       .rate_tau_ms = spec.rate_tau_ms,
                       .bias_speed = spec.bias_speed,
                       .scaling_speed = spec.scaling_speed};
  rules.neurogenesis = {.error_tau_ms = kRulesMs,
                        .threshold = 0.5,
                        .persistence_ms = 0,
                        .refractory_ms = spec.birth_interval_ms,
                        .neurons_per_batch = from < 100 ? 1 : std::max<std::int64_t>(to / 20, 1),
                        .max_neurons = to,
                        .num_inputs = spec.num_links,
                        .num_outputs = spec.num_links,
                        .mean_weight = spec.mean_weight,
                        .excitatory_fraction = spec.excitatory_fraction};
  return brain;
}

/// All connected with all.
ConnectomePtr seed_connectome(const GrowthSpec& spec, std::uint64_t seed) {
  RandomSequence random(seed, Stream::kWeights);
  NeuronTable neurons;
  for (std::int64_t i = 0; i < spec.sizes.front(); ++i) {
    neurons.sign.push_back(random.uniform() < spec.excitatory_fraction ? 1 : -1);
  }
  std::vector<Synapse> synapses;
  for (std::int32_t i = 0; i < spec.sizes.front(); ++i) {
    for (std::int32_t j = 0; j < spec.sizes.front(); ++j) {
      if (i == j) continue;
      const double weight = 2 * spec.mean_weight * random.uniform();
      const int sign = neurons.sign[static_cast<std::size_t>(j)];
      synapses.push_back({j, i, static_cast<float>(sign * weight)});
    }
  }
  return std::make_shared<Connectome>(spec.sizes.front(), synapses, std::vector<Synapse>{},
                                      neurons);
}

class Growing {
 public:
  Growing(const GrowthSpec& spec, std::uint64_t seed, const BackendFactory<double>& make_backend)
      : spec_(spec), seed_(seed), make_backend_(make_backend) {
    const std::int64_t first = spec.sizes.front();
    brain_ = std::make_unique<Simulation<double>>(std::vector{seed_connectome(spec, seed)},
                                                  growing_brain(spec, first, first, seed),
                                                  std::vector{seed}, arena_, make_backend_);
  }

  std::optional<std::vector<GrowthStage>> run(const std::function<void(double)>& progress) {
    std::vector<GrowthStage> stages;
    double total = 0, done = 0;
    for (const std::int64_t size : spec_.sizes) total += static_cast<double>(size) + 50;
    for (const std::int64_t size : spec_.sizes) {
      GrowthStage stage;
      try {
        if (!grow_to(size)) return std::nullopt;
        stage = finish(size);
      } catch (const RunError&) {  // not finite
        stage.num_neurons = size;
        stage.seizing_fraction = 1;
        stage.verdict = "Seizing";
        stages.push_back(stage);
        break;
      }
      stages.push_back(stage);
      done += static_cast<double>(size) + 50;
      progress(done / total);
    }
    return stages;
  }

 private:
  bool grow_to(std::int64_t size) {
    const std::int64_t from = brain_->plasticity(0).num_alive;
    seizing_ = looks_ = 0;
    if (size > from) make_places(from, size);
    while (brain_->plasticity(0).num_alive < size) {
      if (interrupt_requested()) return false;
      live(true);
    }
    brain_->set_error(0, 0);
    for (double t = 0; t < spec_.settle_ms; t += kLookAtMs) {
      if (interrupt_requested()) return false;
      live(false);
    }
    return true;
  }

  /// Goes on in a simulation with places for `to` neurons; what rules remember of the last some
  /// milliseconds starts anew.
  void make_places(std::int64_t from, std::int64_t to) {
    auto next = std::make_unique<Simulation<double>>(std::vector{brain_->connectome(0)},
                                                     growing_brain(spec_, from, to, seed_),
                                                     std::vector{seed_}, arena_, make_backend_);
    State<double> x = next->state();
    for (std::int64_t i = 0; i < from; ++i) {
      for (int c = 0; c < x.shape().num_components; ++c)
        x.at(0, c, i) = brain_->state().at(0, c, i);
      next->surgeon().set_bias(0, i, std::as_const(*brain_).surgeon().bias(0, i));
    }
    next->set_state(x);
    next->set_error(0, 1);
    brain_ = std::move(next);
  }

  /// For kLookAtMs, under the stimulus or without.
  void live(bool stimulated) {
    const auto period = static_cast<std::int64_t>(age_ms_ / spec_.stimulus_interval_ms);
    const double current = stimulated && period % 2 == 1 ? spec_.stimulus : 0;
    if (current != current_ ||
        places_.size() != static_cast<std::size_t>(brain_->shape().num_neurons)) {
      places_.resize(static_cast<std::size_t>(brain_->shape().num_neurons));
      std::iota(places_.begin(), places_.end(), 0);
      brain_->surgeon().set_currents(0, places_, std::vector<double>(places_.size(), current));
      current_ = current;
    }
    brain_->advance_to(brain_->time_ms() + kLookAtMs);
    age_ms_ += kLookAtMs;
    std::vector<double> outputs;
    brain_->output(0, outputs);
    double sum = 0;
    // The unborn come last.
    const std::int64_t alive = brain_->plasticity(0).num_alive;
    for (std::int64_t i = 0; i < alive; ++i) sum += outputs[static_cast<std::size_t>(i)];
    seizing_ += sum > kSeizingRate * static_cast<double>(alive) ? 1 : 0;
    ++looks_;
  }

  GrowthStage finish(std::int64_t size) {
    BrainSpec frozen = resting_brain(spec_, seed_);
    for (std::int64_t i = 0; i < size; ++i) {
      frozen.drive.per_neuron.push_back(std::as_const(*brain_).surgeon().bias(0, i));
    }
    Simulation<double> still({brain_->connectome(0)}, frozen, {seed_}, arena_, make_backend_);
    still.set_state(brain_->state());
    GrowthStage stage;
    stage.num_neurons = size;
    stage.seizing_fraction = static_cast<double>(seizing_) / static_cast<double>(looks_);
    stage.look = look_at(still, spec_.look_ms, kTauMs, spec_.exponent_tau);
    stage.verdict = health_verdict(stage.look);
    return stage;
  }

  const ThreadArena arena_{1};
  GrowthSpec spec_;
  std::uint64_t seed_;
  BackendFactory<double> make_backend_;
  std::unique_ptr<Simulation<double>> brain_;
  std::vector<std::int64_t> places_;
  double age_ms_ = 0, current_ = 0;
  std::int64_t seizing_ = 0, looks_ = 0;
};

}  // namespace

std::optional<std::vector<GrowthStage>> grow(const GrowthSpec& spec, std::uint64_t seed,
                                             const std::function<void(double)>& progress,
                                             const BackendFactory<double>& make_backend) {
  return Growing(spec, seed, make_backend).run(progress);
}

}  // namespace noesis

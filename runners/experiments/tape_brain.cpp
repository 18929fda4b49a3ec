#include "runners/experiments/tape_brain.hpp"

#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "physics/generators.hpp"
#include "physics/graph_measures.hpp"

namespace noesis {
namespace {

constexpr double kTauMs = 10;
constexpr double kTapeStepMs = 10;
constexpr double kSpectralRadius = 0.9;
constexpr std::int64_t kReservoirLinks = 10;

/// What a random number of a neuron is for.
enum Slot : std::uint32_t { kInputWeight, kFeedbackWeight, kBiasValue };

RandomPair draw(std::uint64_t seed, std::int64_t neuron, Slot slot) {
  return slot == kBiasValue
             ? uniform_pair(seed, Stream::kBias, 0, static_cast<std::uint32_t>(neuron), slot)
             : normal_pair(seed, Stream::kWeights, 0, static_cast<std::uint32_t>(neuron), slot);
}

/// Seed neurons without synapses: what they lack is born.
Connectome seed_connectome(const TapeBrainSpec& spec) {
  NeuronTable neurons;
  for (std::int64_t i = 0; i < spec.seed_neurons; ++i) {
    neurons.sign.push_back(i % 2 == 0 ? 1 : -1);
  }
  std::vector<Synapse> synapses;
  for (std::int32_t i = 0; i < spec.seed_neurons; ++i) {
    for (std::int32_t j = 0; j < spec.seed_neurons; ++j) {
      if (i == j) continue;
      const double weight = spec.neurogenesis.mean_weight * (j % 2 == 0 ? 1 : -1);
      synapses.push_back({j, i, static_cast<float>(weight)});
    }
  }
  return Connectome(spec.seed_neurons, synapses, {}, neurons);
}

/// Grown to its size at once, birth by birth.
ConnectomePtr fixed_connectome(const TapeBrainSpec& spec, std::int64_t num_neurons,
                               std::uint64_t seed) {
  PlasticConnectome brain(seed_connectome(spec));
  const Neurogenesis births(spec.neurogenesis, seed);
  while (brain.num_neurons() < num_neurons) {
    births.spawn(std::min(spec.neurogenesis.neurons_per_batch, num_neurons - brain.num_neurons()),
                 brain);
  }
  return brain.freeze();
}

ConnectomePtr reservoir(std::int64_t num_neurons, std::uint64_t seed) {
  RandomParameters parameters;
  parameters.num_neurons = num_neurons;
  parameters.in_degree = std::min<std::int64_t>(kReservoirLinks, num_neurons - 1);
  parameters.gain = 1;
  const Connectome random = random_connectome(parameters, seed);
  const double radius = spectral_radius(random).value;
  std::vector<Synapse> synapses = random.edges();
  for (Synapse& synapse : synapses) {
    if (radius > 0) synapse.weight *= static_cast<float>(kSpectralRadius / radius);
  }
  return std::make_shared<Connectome>(num_neurons, synapses);
}

ConnectomePtr connectome_of(TapeBrainKind kind, std::int64_t num_neurons, const TapeBrainSpec& spec,
                            std::uint64_t seed) {
  switch (kind) {
    case TapeBrainKind::kGrown:
    case TapeBrainKind::kSeed:
      return std::make_shared<Connectome>(seed_connectome(spec));
    case TapeBrainKind::kFixed:
      return fixed_connectome(spec, num_neurons, seed);
    case TapeBrainKind::kEchoState:
      return reservoir(num_neurons, seed);
  }
  throw InternalError("a kind of brain");
}

std::int64_t places_of(TapeBrainKind kind, std::int64_t num_neurons, const TapeBrainSpec& spec) {
  if (kind == TapeBrainKind::kSeed) return spec.seed_neurons;
  return kind == TapeBrainKind::kGrown ? spec.neurogenesis.max_neurons : num_neurons;
}

}  // namespace

TapeBrain::TapeBrain(TapeBrainKind kind, std::int64_t num_neurons, const TapeBrainSpec& spec,
                     std::uint64_t seed, const ThreadArena& arena,
                     const BackendFactory<double>& make_backend)
    : spec_(spec),
      learns_recurrent_(spec.recurrent_rate > 0 && kind != TapeBrainKind::kEchoState),
      grows_(kind == TapeBrainKind::kGrown),
      step_ms_(kind == TapeBrainKind::kEchoState ? kTauMs : kTauMs / 2),
      readout_(2 + places_of(kind, num_neurons, spec), spec.forgetting, spec.ridge) {
  const std::int64_t num_places = places_of(kind, num_neurons, spec);
  BrainSpec brain;
  brain.model.name = "rate";
  brain.model.rate = {.tau_ms = kTauMs, .activation = "tanh"};
  brain.integrator = {.name = kind == TapeBrainKind::kEchoState ? "euler" : "heun",
                      .dt_ms = step_ms_};
  brain.initial = {.low = 0, .high = 0};
  brain.plasticity.interval_ms = kTapeStepMs;
  brain.plasticity.rules = {"hebbian"};
  brain.plasticity.hebbian.learning_rate = 1;  // the factors have it
  if (grows_) {
    brain.plasticity.rules.push_back("neurogenesis");
    brain.plasticity.neurogenesis = spec.neurogenesis;
  }
  simulation_ = std::make_unique<Simulation<double>>(
      std::vector{connectome_of(kind, num_neurons, spec, seed)}, brain, std::vector{seed}, arena,
      make_backend);
  ensure(simulation_->shape().num_neurons == num_places, "a place for every neuron");
  places_.resize(static_cast<std::size_t>(num_places));
  std::iota(places_.begin(), places_.end(), 0);
  for (const std::int64_t i : places_) {
    input_weights_.push_back(spec.input_gain * draw(seed, i, kInputWeight).first);
    feedback_weights_.push_back(draw(seed, i, kFeedbackWeight).first);
    simulation_->surgeon().set_bias(0, i,
                                    spec.bias_range * (2 * draw(seed, i, kBiasValue).first - 1));
  }
  currents_.resize(places_.size());
  factors_.resize(places_.size());
  simulation_->set_teaching(0, factors_);  // nothing is learnt that was not taught
  features_ = Eigen::VectorXd::Zero(2 + num_places);
}

double TapeBrain::hear(double value, double next, double scale) {
  for (std::size_t i = 0; i < places_.size(); ++i) currents_[i] = input_weights_[i] * value;
  simulation_->surgeon().set_currents(0, places_, currents_);
  const double end = simulation_->time_ms() + kTapeStepMs;
  // The rule runs at the end of the last step and needs the error before.
  const bool has_rules = step_ms_ < kTapeStepMs;
  simulation_->advance_to(has_rules ? end - step_ms_ : end);
  simulation_->output(0, rates_);
  features_[0] = 1;
  features_[1] = value;
  for (const std::int64_t i : places_) features_[2 + i] = rates_[static_cast<std::size_t>(i)];
  const double error = next - readout_.predict(features_);
  readout_.learn(features_, next);
  if (!has_rules) return error;
  for (std::size_t i = 0; learns_recurrent_ && i < places_.size(); ++i) {
    const double y = features_[2 + static_cast<Eigen::Index>(i)];
    factors_[i] = spec_.recurrent_rate * (1 - y * y) * feedback_weights_[i] * error;
  }
  simulation_->set_teaching(0, factors_);
  if (grows_) simulation_->set_error(0, scale > 0 ? std::abs(error) / scale : 0);
  simulation_->advance_to(end);
  if (const std::int64_t born = num_born(); born != num_born_) {
    num_born_ = born;
    readout_.reopen();
  }
  return error;
}

}  // namespace noesis

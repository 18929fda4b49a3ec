#include "runners/experiments/lifelong_brain.hpp"

#include <Eigen/SVD>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

constexpr double kTauMs = 10;
constexpr double kStepMs = kTauMs / 2;
constexpr double kTapeStepMs = 3 * kTauMs;

/// What a random number of the brain is for.
enum Part : std::uint32_t { kRecurrent, kInputs, kFeedback };

std::vector<double> normals(std::uint64_t seed, Part part, std::int64_t count, double deviation) {
  RandomSequence random(seed, Stream::kWeights, part);
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = deviation * random.normal();
  return values;
}

/// All recurrent neurons drive each other, and the output neurons, whose synapses are silent.
ConnectomePtr dense_connectome(const LifeSpec& spec, std::uint64_t seed) {
  const double deviation = spec.recurrent_gain / std::sqrt(static_cast<double>(spec.num_neurons));
  const std::vector<double> weights =
      normals(seed, kRecurrent, spec.num_neurons * spec.num_neurons, deviation);
  std::vector<Synapse> synapses;
  for (std::int64_t i = 0; i < spec.num_neurons + spec.num_outputs; ++i) {
    for (std::int64_t j = 0; j < spec.num_neurons; ++j) {
      if (i == j) continue;
      const bool recurrent = i < spec.num_neurons;
      const double weight =
          recurrent ? weights[static_cast<std::size_t>(i * spec.num_neurons + j)] : 0;
      synapses.push_back(
          {static_cast<std::int32_t>(j), static_cast<std::int32_t>(i), static_cast<float>(weight)});
    }
  }
  return std::make_shared<Connectome>(spec.num_neurons + spec.num_outputs, synapses);
}

BrainSpec brain_of(const LifeSpec& spec) {
  BrainSpec brain;
  brain.model.name = "rate";
  brain.model.rate = {.tau_ms = kTauMs, .activation = "tanh"};
  brain.integrator = {.name = "euler", .dt_ms = kStepMs};
  brain.initial = {.low = -0.1, .high = 0.1};
  brain.plasticity.rules = {"hebbian"};
  brain.plasticity.interval_ms = kTapeStepMs;
  // Rates of the learner are in its factors, which differ between neurons.
  brain.plasticity.hebbian = {.learning_rate = 1,
                              .decay = spec.learner == "hebbian-decay" ? spec.decay : 0};
  return brain;
}

}  // namespace

LifelongBrain::LifelongBrain(const LifeSpec& spec, std::uint64_t seed, const ThreadArena& arena,
                             const BackendFactory<double>& make_backend)
    : spec_(spec),
      input_weights_(normals(seed, kInputs, spec.num_neurons * spec.num_inputs,
                             1 / std::sqrt(static_cast<double>(spec.num_inputs)))),
      feedback_weights_(normals(seed, kFeedback, spec.num_neurons * spec.num_outputs,
                                1 / std::sqrt(static_cast<double>(spec.num_outputs)))),
      neurons_(static_cast<std::size_t>(spec.num_neurons)),
      currents_(neurons_.size()),
      factors_(static_cast<std::size_t>(spec.num_neurons + spec.num_outputs)) {
  std::iota(neurons_.begin(), neurons_.end(), 0);
  simulation_ =
      std::make_unique<Simulation<double>>(std::vector{dense_connectome(spec, seed)},
                                           brain_of(spec), std::vector{seed}, arena, make_backend);
}

double LifelongBrain::learn(const Sample& sample) { return see(sample, true); }

std::vector<double> LifelongBrain::test(std::span<const Sample> samples) {
  const BrainSnapshot<double> before = simulation_->snapshot(0);
  std::vector<double> losses;
  for (const Sample& sample : samples) losses.push_back(see(sample, false));
  simulation_->restore(0, before);
  return losses;
}

double LifelongBrain::see(const Sample& sample, bool learns) {
  const auto num_inputs = static_cast<std::size_t>(spec_.num_inputs);
  for (std::size_t i = 0; i < currents_.size(); ++i) {
    currents_[i] = std::inner_product(sample.input.begin(), sample.input.end(),
                                      &input_weights_[i * num_inputs], 0.0);
  }
  simulation_->surgeon().set_currents(0, neurons_, currents_);
  const double end = simulation_->time_ms() + kTapeStepMs;
  simulation_->advance_to(end - kStepMs);
  std::vector<double> errors;
  double loss = 0;
  for (std::size_t o = 0; o < sample.target.size(); ++o) {
    const double prediction = simulation_->state().at(0, 0, spec_.num_neurons + std::int64_t(o));
    errors.push_back(sample.target[o] - prediction);
    loss += errors.back() * errors.back();
  }
  if (learns) {
    teach(sample, errors);
  } else {
    std::ranges::fill(factors_, 0.0);
  }
  simulation_->set_teaching(0, factors_);
  simulation_->advance_to(end);  // the rule runs there
  return loss / static_cast<double>(sample.target.size());
}

void LifelongBrain::teach(const Sample& sample, std::span<const double> errors) {
  const auto num_outputs = errors.size();
  const auto num_neurons = neurons_.size();
  std::ranges::fill(factors_, 0.0);
  if (spec_.learner == "none") return;
  const bool delta = spec_.learner == "delta";
  const std::vector<double> outputs = rates();
  const double power = std::inner_product(outputs.begin(), outputs.end(), outputs.begin(), 0.0);
  const double rate = delta ? spec_.delta_rate / (1 + power) : spec_.hebbian_rate;
  for (std::size_t o = 0; o < num_outputs; ++o) {
    factors_[num_neurons + o] = rate * (delta ? errors[o] : sample.target[o]);
  }
  for (std::size_t i = 0; i < num_neurons; ++i) {
    const double y = outputs[i];
    double factor = y;
    if (delta) {
      factor = (1 - y * y) * std::inner_product(errors.begin(), errors.end(),
                                                &feedback_weights_[i * num_outputs], 0.0);
    }
    factors_[i] = rate * spec_.recurrent_fraction * factor;
  }
}

std::vector<double> LifelongBrain::rates() const {
  std::vector<double> rates;
  simulation_->output(0, rates);
  rates.resize(neurons_.size());
  return rates;
}

double LifelongBrain::weight_norm() const {
  const PlasticConnectome& connectome = simulation_->plastic_connectome(0);
  double squares = 0;
  for (std::int64_t i = 0; i < connectome.num_neurons(); ++i) {
    for (const float weight : connectome.row_weights(i)) {
      squares += static_cast<double>(weight) * weight;
    }
  }
  return std::sqrt(squares);
}

double LifelongBrain::effective_rank() const {
  const PlasticConnectome& connectome = simulation_->plastic_connectome(0);
  Eigen::MatrixXd weights = Eigen::MatrixXd::Zero(spec_.num_neurons, spec_.num_neurons);
  for (std::int64_t i = 0; i < spec_.num_neurons; ++i) {
    const auto sources = connectome.row_sources(i);
    const auto row = connectome.row_weights(i);
    for (std::size_t k = 0; k < sources.size(); ++k) weights(i, sources[k]) = row[k];
  }
  const Eigen::VectorXd values = Eigen::BDCSVD<Eigen::MatrixXd>(weights).singularValues();
  const double sum = values.sum();
  if (sum == 0) return 0;
  double entropy = 0;
  for (const double value : values) {
    if (value > 0) entropy -= value / sum * std::log(value / sum);
  }
  return std::exp(entropy);
}

}  // namespace noesis

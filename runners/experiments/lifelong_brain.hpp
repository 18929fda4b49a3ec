#pragma once
/// A dense brain that learns a stream of tasks: recurrent tanh neurons, all connected with all, and
/// output neurons that all of them drive. Every synapse is plastic, by one rule.
///
///   tau x' = -x + W tanh(x) + U input,  prediction = state of the output neurons
///
/// in Euler steps of tau / 2. An input is injected as a current for 3 tau, so that little of the
/// one before is left. Before the last step the prediction is read, and after it the rule `hebbian`
/// (physics/plasticity/hebbian.hpp) runs with the postsynaptic factors of the learner:
///
/// | learner         | output neurons           | recurrent neurons                          |
/// |-----------------|--------------------------|--------------------------------------------|
/// | hebbian, -decay | target                   | their own output                           |
/// | delta           | target minus prediction  | tanh'(x) (B e), e the error, B random      |
/// | none            | 0                        | 0                                          |
///
/// The rate of `delta` is divided by 1 + |tanh(x)|^2, without which it diverges where neurons
/// saturate (normalised LMS; Nagumo & Noda, IEEE Trans. Autom. Control 12:282, 1967).

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/threads.hpp"
#include "physics/simulation.hpp"
#include "runners/experiments/life_config.hpp"
#include "runners/experiments/task_stream.hpp"

namespace noesis {

/// Not thread-safe; borrows the arena.
class LifelongBrain {
 public:
  /// Steps are taken by what `make_backend` makes, on the CPU without it. @throws ConfigError for a
  /// specification that makes no brain.
  LifelongBrain(const LifeSpec& spec, std::uint64_t seed, const ThreadArena& arena,
                const BackendFactory<double>& make_backend = {});

  /// Sees a sample and learns from it. Returns the mean squared error of the prediction, which is
  /// that of predicting nothing where it is about 1. @throws RunError when the state is not finite.
  double learn(const Sample& sample);

  /// Mean squared errors of the samples, seen one after the other by a copy that does not learn.
  std::vector<double> test(std::span<const Sample> samples);

  Simulation<double>& simulation() noexcept { return *simulation_; }
  const LifeSpec& spec() const noexcept { return spec_; }
  /// tanh(x) of the recurrent neurons now (num_neurons).
  std::vector<double> rates() const;

  /// Frobenius norm of all weights.
  double weight_norm() const;
  /// exp of the entropy of the normalised singular values of the recurrent weights (Roy & Vetterli,
  /// EUSIPCO 2007): between 1 and num_neurons; 0 where all weights are 0.
  double effective_rank() const;

 private:
  double see(const Sample& sample, bool learns);
  void teach(const Sample& sample, std::span<const double> errors);

  LifeSpec spec_;
  std::vector<double> input_weights_;     // U (num_neurons x num_inputs)
  std::vector<double> feedback_weights_;  // B (num_neurons x num_outputs)
  std::unique_ptr<Simulation<double>> simulation_;
  std::vector<std::int64_t> neurons_;  // ids of the recurrent ones
  std::vector<double> currents_, factors_;
};

}  // namespace noesis

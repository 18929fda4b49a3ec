#pragma once
/// A brain that hears a tape and predicts its next value, and may grow.
///
///   tau x' = -x + W tanh(x) + b + w_in u,  prediction = v . (1, u, tanh(x))
///
/// v learns by recursive least squares, anew at each birth. W learns by random feedback of the
/// error (physics/plasticity/hebbian.hpp): dw_ij = eta tanh'(x_i) B_i e tanh(x_j). Neurons are born
/// by the rule `neurogenesis` on the error over that of predicting no change, and by nothing else.
/// b, w_in and B of a neuron follow from the seed and its id.

#include <Eigen/Dense>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/threads.hpp"
#include "physics/simulation.hpp"
#include "runners/experiments/linear_readout.hpp"
#include "runners/experiments/seed_and_tape_config.hpp"

namespace noesis {

/// How a brain is built; what it hears and how its readout learns is the specification's.
enum class TapeBrainKind {
  kGrown,      ///< starts as a seed, grows
  kSeed,       ///< stays a seed
  kFixed,      ///< has its size from the start, wired by the same births
  kEchoState,  ///< a random reservoir of that size with spectral radius 0.9, x after one step of
               ///< length tau, whose recurrent weights stay (Jaeger, GMD Report 148, 2001)
};

/// Not thread-safe; borrows the arena.
class TapeBrain {
 public:
  /// `num_neurons` is the size of kFixed and kEchoState. Steps are taken by what `make_backend`
  /// makes, on the CPU without it. @throws ConfigError for a specification
  /// that makes no brain.
  TapeBrain(TapeBrainKind kind, std::int64_t num_neurons, const TapeBrainSpec& spec,
            std::uint64_t seed, const ThreadArena& arena,
            const BackendFactory<double>& make_backend = {});

  /// Hears `value`, predicts what comes next, learns from `next`; `scale` is the error of
  /// predicting no change. Returns the error of the prediction, next - prediction.
  double hear(double value, double next, double scale);

  std::int64_t num_neurons() const { return simulation_->plasticity(0).num_alive; }
  std::int64_t num_born() const { return simulation_->plasticity(0).num_born; }

 private:
  TapeBrainSpec spec_;
  bool learns_recurrent_;
  bool grows_;
  double step_ms_;
  std::vector<double> input_weights_, feedback_weights_;  // (num_places)
  std::unique_ptr<Simulation<double>> simulation_;
  std::vector<std::int64_t> places_;
  std::vector<double> currents_, factors_, rates_;
  LinearReadout readout_;
  std::int64_t num_born_ = 0;
  Eigen::VectorXd features_;
};

}  // namespace noesis

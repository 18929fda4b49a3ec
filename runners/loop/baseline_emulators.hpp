#pragma once
/// Emulators that everything learned is compared with: an echo-state network and a linear model.

#include <cstdint>
#include <memory>

#include "physics/tape.hpp"

namespace noesis {

/// Reservoir r' = tanh(A r + W_in [x_t; u_t+1] + b), of which a linear readout predicts x_t+1
/// (Jaeger and Haas, Science 304, 2004). Observations have zero mean and unit variance, inputs are
/// in units of `input_unit`.
struct EchoStateOptions {
  std::int64_t num_units = 300;
  double spectral_radius = 0.9;
  std::int64_t in_links = 10;  ///< of each reservoir unit from others
  double input_scale = 0.3;    ///< U(-s, s) for up to 3 inputs, s sqrt(3 / n) for more
  double bias = 0.5;           ///< U(-b, b)
  double ridge = 1e-6;         ///< on the sum of squares
  std::int64_t washout = 200;  ///< samples heard before fitting, and before running free
  double input_unit = 1;
};

/// @throws ConfigError when the tape is shorter than the washout and as many samples again.
std::unique_ptr<Emulator> train_echo_state(std::shared_ptr<const Tape> tape, double interval,
                                           const EchoStateOptions& options, std::uint64_t seed);

/// x_t+1 = A x_t + B u_t+1 + c by least squares: dynamic mode decomposition with control (Proctor,
/// Brunton and Kutz, SIAM J. Appl. Dyn. Syst. 15, 2016), without truncation.
std::unique_ptr<Emulator> train_linear(std::shared_ptr<const Tape> tape, double interval);

}  // namespace noesis

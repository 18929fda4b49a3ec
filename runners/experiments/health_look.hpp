#pragma once
/// What a brain is like at one moment of its growth, and the verdict on it.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "physics/simulation.hpp"

namespace noesis {

struct HealthLook {
  double mean_rate = 0;                   ///< M
  double unit_deviation = 0;              ///< V
  double active_fraction = 0;             ///< A
  double saturated_fraction = 0;          ///< Sat
  double participation = 0;               ///< participation ratio over the number of neurons
  double synchrony = 0;                   ///< Golomb's chi
  double exponent_per_tau = 0;            ///< largest Lyapunov exponent of the frozen brain [1/tau]
  double exponent_error = 0;              ///< its standard error
  std::vector<double> frequency_hz = {};  ///< of `density`, without 0
  std::vector<double> density = {};  ///< mean power spectral density of the units [rate^2 / Hz]
};

/// Mean sd over time of the healthy reference brain's units (50 Wilson-Cowan nodes, signed, G = 2,
/// 60 s): what a living brain's V is compared with.
inline constexpr double kHealthyDeviation = 0.0976;

/// In this order:
///
/// | verdict   | when                                                                        |
/// |-----------|-----------------------------------------------------------------------------|
/// | Seizing   | mean rate > 0.6, or more than half of all values above 0.9                  |
/// | Catatonic | V below a tenth of kHealthyDeviation, or fewer than 5% of the neurons active |
/// | Edge      | exponent in [-0.02, 0.10] per tau                                           |
/// | Chaotic   | above                                                                       |
/// | Ordered   | below                                                                       |
std::string health_verdict(const HealthLook& look);

/// Lets a simulation of one brain without rules run for `duration_ms` and looks at its outputs (of
/// at most 256 neurons, evenly spread), a sample every 10 ms; then measures the exponent of its
/// deterministic part over `exponent_tau`. `tau_ms` is a neuron's time constant.
HealthLook look_at(Simulation<double>& simulation, double duration_ms, double tau_ms,
                   double exponent_tau);

/// The numbers; the spectrum is not among them.
nlohmann::ordered_json to_json(const HealthLook& look);

}  // namespace noesis

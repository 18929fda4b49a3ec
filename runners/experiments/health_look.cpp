#include "runners/experiments/health_look.hpp"

#include <vector>

#include "physics/vitals/activity.hpp"
#include "physics/vitals/lyapunov.hpp"
#include "physics/vitals/series.hpp"
#include "physics/vitals/spectrum.hpp"
#include "physics/vitals/synchrony.hpp"
#include "runners/experiments/summary.hpp"

namespace noesis {
namespace {

constexpr double kSampleMs = 10;          // a time constant
constexpr std::int64_t kMostUnits = 256;  // of what costs the square of their number
constexpr std::int64_t kSegment = 128;    // of Welch's method
constexpr double kLeastEdge = -0.02, kMostEdge = 0.10;

/// Evenly spread over all, so that neurons of every age are among them.
std::vector<std::int64_t> units_of(std::int64_t num_neurons) {
  std::vector<std::int64_t> units;
  const std::int64_t count = std::min(num_neurons, kMostUnits);
  for (std::int64_t k = 0; k < count; ++k) units.push_back(k * num_neurons / count);
  return units;
}

}  // namespace

std::string health_verdict(const HealthLook& look) {
  if (look.mean_rate > 0.6 || look.saturated_fraction > 0.5) return "Seizing";
  if (look.unit_deviation < 0.1 * kHealthyDeviation || look.active_fraction < 0.05) {
    return "Catatonic";
  }
  if (look.exponent_per_tau > kMostEdge) return "Chaotic";
  return look.exponent_per_tau < kLeastEdge ? "Ordered" : "Edge";
}

HealthLook look_at(Simulation<double>& simulation, double duration_ms, double tau_ms,
                   double exponent_tau) {
  const std::int64_t num_neurons = simulation.shape().num_neurons;
  const std::vector<std::int64_t> units = units_of(num_neurons);
  std::vector<double> samples, outputs;
  const double start = simulation.time_ms();
  const auto num_samples = static_cast<std::int64_t>(duration_ms / kSampleMs);
  for (std::int64_t t = 1; t <= num_samples; ++t) {
    simulation.advance_to(start + static_cast<double>(t) * kSampleMs);
    simulation.output(0, outputs);
    for (const std::int64_t unit : units)
      samples.push_back(outputs[static_cast<std::size_t>(unit)]);
  }
  const SeriesView series{samples.data(), num_samples, std::ssize(units), kSampleMs};
  const Activity activity = measure_activity(series);
  HealthLook look;
  look.mean_rate = activity.mean_rate;
  look.unit_deviation = activity.unit_deviation;
  look.active_fraction = activity.active_fraction;
  look.saturated_fraction = activity.saturated_fraction;
  look.participation = activity.participation_ratio / static_cast<double>(units.size());
  look.synchrony = golomb_chi(series);
  const Spectra spectrum = welch_mean(series, std::min(kSegment, num_samples));
  look.frequency_hz.assign(spectrum.frequencies_hz.begin() + 1, spectrum.frequencies_hz.end());
  look.density.assign(spectrum.density.begin() + 1, spectrum.density.end());
  LyapunovOptions options;
  options.dt = simulation.spec().integrator.dt_ms;
  options.renormalise_interval = tau_ms;
  options.transient = 50 * tau_ms;
  options.duration = exponent_tau * tau_ms;
  const LyapunovResult result = lyapunov_spectrum(simulation.system(), simulation.state(), options);
  look.exponent_per_tau = result.exponents.front() * tau_ms;
  look.exponent_error = result.standard_errors.front() * tau_ms;
  return look;
}

nlohmann::ordered_json to_json(const HealthLook& look) {
  return {{"mean_rate", rounded(look.mean_rate)},
          {"unit_deviation", rounded(look.unit_deviation)},
          {"active_fraction", rounded(look.active_fraction)},
          {"saturated_fraction", rounded(look.saturated_fraction)},
          {"participation", rounded(look.participation)},
          {"synchrony", rounded(look.synchrony)},
          {"exponent_per_tau", rounded(look.exponent_per_tau)},
          {"exponent_error", rounded(look.exponent_error)}};
}

}  // namespace noesis

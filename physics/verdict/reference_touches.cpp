#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "physics/verdict/emulation_metrics.hpp"
#include "physics/verdict/reference_parts.hpp"
#include "physics/vitals/series.hpp"

namespace noesis {
namespace {

/// Twice the sd of a unit's derivative, by the five-point stencil (time in the model's unit).
double twice_derivative(const VerdictReference& reference, double sample_time, std::int64_t unit) {
  const auto& x = reference.recording;
  const auto at = [&](std::int64_t t) {
    return x[static_cast<std::size_t>(t * reference.num_units + unit)];
  };
  std::vector<double> slopes;
  for (std::int64_t t = 2; t + 2 < reference.num_samples; ++t) {
    slopes.push_back((8 * (at(t + 1) - at(t - 1)) - (at(t + 2) - at(t - 2))) / (12 * sample_time));
  }
  return 2 * std::sqrt(unit_moments(tau_series(slopes, 1, 1)).variance[0]);
}

std::vector<std::int64_t> all_but(std::int64_t unit, std::int64_t num_units) {
  std::vector<std::int64_t> units;
  for (std::int64_t i = 0; i < num_units; ++i) {
    if (i != unit) units.push_back(i);
  }
  return units;
}

/// Neurons with the most outgoing synapses, ties by id; all coordinates of other subjects.
TouchProtocol plan_touches(const VerdictReference& reference, const Subject& subject) {
  constexpr std::size_t kMaxSites = 10;
  constexpr double kLongestLag = 3;  // [tau]
  const std::vector<double> amplitudes = touch_amplitudes(reference, subject);
  TouchProtocol protocol;
  protocol.pulse_samples = subject.pulse_samples;
  protocol.lag_samples = std::llround(kLongestLag / subject.interval);
  if (subject.brain.model.name == "lorenz63") {
    for (std::int64_t i = 0; i < subject.num_sites; ++i) {
      protocol.touches.push_back(
          {i, amplitudes[static_cast<std::size_t>(i)], all_but(i, reference.num_units)});
    }
    return protocol;
  }
  std::vector<std::int64_t> out_degree(static_cast<std::size_t>(subject.num_sites));
  const SynapseTable& synapses = subject.connectome->synapses();
  for (std::int64_t row = 0; row < subject.num_sites; ++row) {
    for (const std::int32_t source : synapses.row_sources(row)) {
      ++out_degree[static_cast<std::size_t>(source)];
    }
  }
  std::vector<std::int64_t> sites(out_degree.size());
  std::iota(sites.begin(), sites.end(), std::int64_t{0});
  std::ranges::stable_sort(sites, std::greater{}, [&](std::int64_t site) {
    return out_degree[static_cast<std::size_t>(site)];
  });
  sites.resize(std::min(sites.size(), kMaxSites));
  for (const std::int64_t site : sites)
    protocol.touches.push_back(
        {site, amplitudes[static_cast<std::size_t>(site)], all_but(site, reference.num_units)});
  return protocol;
}

/// Whether the mean response of a unit to a touch stands out from its error.
bool is_answer(const TouchResponses& responses, std::size_t touch, std::size_t unit,
               std::size_t lags, std::size_t units) {
  constexpr double kSure = 3;  // standard errors
  double power = 0, error = 0;
  for (std::size_t t = 0; t < lags; ++t) {
    const std::size_t k = (touch * lags + t) * units + unit;
    power += responses.mean[k] * responses.mean[k];
    error += responses.squared_error[k];
  }
  return power > kSure * kSure * error;
}

}  // namespace

std::vector<double> touch_amplitudes(const VerdictReference& reference, const Subject& subject) {
  std::vector<double> amplitudes(static_cast<std::size_t>(subject.num_sites), 2.0);
  if (subject.brain.model.name != "lorenz63") return amplitudes;
  for (std::int64_t i = 0; i < subject.num_sites; ++i) {
    amplitudes[static_cast<std::size_t>(i)] =
        twice_derivative(reference, subject.interval * subject.tau_ms, i);
  }
  return amplitudes;
}

void set_touches(VerdictReference& reference, const Subject& subject, Process& process,
                 const std::vector<Process::State>& states) {
  TouchProtocol planned = plan_touches(reference, subject);
  const TouchResponses responses = touch_responses(process, states, planned);
  const auto lags = static_cast<std::size_t>(planned.lag_samples);
  const auto units = static_cast<std::size_t>(reference.num_units);
  reference.touch = planned;
  reference.touch.touches.clear();
  for (std::size_t k = 0; k < planned.touches.size(); ++k) {
    Touch& touch = planned.touches[k];
    if (reference.num_units <= kMaxStateSpaceUnits) {
      std::erase_if(touch.units, [&](std::int64_t unit) {
        return !is_answer(responses, k, static_cast<std::size_t>(unit), lags, units);
      });
    }
    if (touch.units.empty()) continue;
    reference.touch.touches.push_back(touch);
    const auto first = responses.mean.begin() + static_cast<std::ptrdiff_t>(k * lags * units);
    reference.touch_responses.insert(reference.touch_responses.end(), first,
                                     first + static_cast<std::ptrdiff_t>(lags * units));
  }
}

}  // namespace noesis

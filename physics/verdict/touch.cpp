#include "physics/verdict/touch.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"

namespace noesis {
namespace {

double root_mean_square(std::span<const double> values) {
  double squares = 0;
  for (const double x : values) squares += x * x;
  return std::sqrt(squares / static_cast<double>(values.size()));
}

}  // namespace

TouchResponses touch_responses(Process& process, std::span<const Process::State> states,
                               const TouchProtocol& protocol) {
  const std::size_t touches = protocol.touches.size();
  const auto units = static_cast<std::size_t>(process.num_units());
  const auto sites = static_cast<std::size_t>(process.num_sites());
  const auto lags = static_cast<std::size_t>(protocol.lag_samples);
  const std::size_t twins = touches + 1;  // the last one of each state is left alone
  ensure(states.size() >= 2 && touches > 0, "at least two states, and touches");

  std::vector<Process::State> forks;
  for (const auto& state : states) forks.insert(forks.end(), twins, state);
  std::vector<double> pulse(forks.size() * sites);
  for (std::size_t k = 0; k < touches; ++k) {
    const Touch& touch = protocol.touches[k];
    ensure(touch.site >= 0 && touch.site < process.num_sites(), "a touch of a site that exists");
    for (std::size_t s = 0; s < states.size(); ++s) {
      pulse[(s * twins + k) * sites + static_cast<std::size_t>(touch.site)] = touch.amplitude;
    }
  }
  const std::vector<double> rest(pulse.size());
  std::vector<double> seen(forks.size() * units);
  TouchResponses responses;
  responses.mean.resize(touches * lags * units);
  responses.squared_error.resize(responses.mean.size());
  for (std::size_t t = 0; t < lags; ++t) {
    const bool pulsed = static_cast<std::int64_t>(t) < protocol.pulse_samples;
    process.step(forks, pulsed ? pulse : rest, seen);
    for (std::size_t s = 0; s < states.size(); ++s) {
      const double* alone = seen.data() + (s * twins + touches) * units;
      for (std::size_t k = 0; k < touches; ++k) {
        const double* touched = seen.data() + (s * twins + k) * units;
        const std::size_t first = (k * lags + t) * units;
        for (std::size_t i = 0; i < units; ++i) {
          const double difference = touched[i] - alone[i];
          responses.mean[first + i] += difference;
          responses.squared_error[first + i] += difference * difference;
        }
      }
    }
  }
  const auto n = static_cast<double>(states.size());
  for (std::size_t k = 0; k < responses.mean.size(); ++k) {
    const double mean = responses.mean[k] / n;
    const double variance = std::max(0.0, responses.squared_error[k] / n - mean * mean);
    responses.mean[k] = mean;
    responses.squared_error[k] = variance / (n - 1);
  }
  return responses;
}

std::optional<double> touch_correlation(std::span<const double> response,
                                        std::span<const double> other, std::int64_t num_units,
                                        std::span<const std::int64_t> compared) {
  ensure(response.size() == other.size(), "responses of equal shape");
  const std::size_t lags = response.size() / static_cast<std::size_t>(num_units);
  std::vector<double> a, b;
  for (std::size_t t = 0; t < lags; ++t) {
    for (const std::int64_t i : compared) {
      const std::size_t k = t * static_cast<std::size_t>(num_units) + static_cast<std::size_t>(i);
      a.push_back(response[k]);
      b.push_back(other[k]);
    }
  }
  const auto n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n;
  const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    aa += (a[k] - mean_a) * (a[k] - mean_a);
    bb += (b[k] - mean_b) * (b[k] - mean_b);
    ab += (a[k] - mean_a) * (b[k] - mean_b);
  }
  if (!(aa > 0) || !(bb > 0) || !std::isfinite(ab)) return std::nullopt;
  return ab / std::sqrt(aa * bb);
}

TouchAgreement compare_touches(const TouchProtocol& protocol, std::span<const double> subject,
                               std::span<const double> candidate, std::int64_t num_units) {
  const std::size_t touches = protocol.touches.size();
  ensure(touches > 0 && subject.size() == candidate.size() && subject.size() % touches == 0,
         "responses of equal shape");
  const std::size_t size = subject.size() / touches;
  TouchAgreement agreement;
  double sum = 0;
  bool defined = true;
  for (std::size_t k = 0; k < touches; ++k) {
    const auto r =
        touch_correlation(subject.subspan(k * size, size), candidate.subspan(k * size, size),
                          num_units, protocol.touches[k].units);
    defined = defined && r.has_value();
    sum += r.value_or(0);
  }
  if (defined) agreement.correlation = sum / static_cast<double>(touches);
  const double gain = root_mean_square(candidate) / root_mean_square(subject);
  if (std::isfinite(gain)) agreement.gain = gain;
  return agreement;
}

}  // namespace noesis

#include "physics/verdict/touch.hpp"

#include <cmath>

#include "core/error.hpp"

namespace noesis {
namespace {

/// Pearson's correlation of two responses (lags x units) without one unit.
std::optional<double> correlation(std::span<const double> a, std::span<const double> b,
                                  std::size_t units, std::size_t left_out) {
  double n = 0, sum_a = 0, sum_b = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (k % units == left_out) continue;
    n += 1;
    sum_a += a[k];
    sum_b += b[k];
  }
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (k % units == left_out) continue;
    const double da = a[k] - sum_a / n;
    const double db = b[k] - sum_b / n;
    aa += da * da;
    bb += db * db;
    ab += da * db;
  }
  if (!(aa > 0) || !(bb > 0) || !std::isfinite(ab)) return std::nullopt;
  return ab / std::sqrt(aa * bb);
}

double root_mean_square(std::span<const double> values) {
  double squares = 0;
  for (const double x : values) squares += x * x;
  return std::sqrt(squares / static_cast<double>(values.size()));
}

}  // namespace

std::vector<double> touch_responses(Process& process, std::span<const Process::State> states,
                                    const TouchProtocol& protocol) {
  const std::size_t touches = protocol.touches.size();
  const auto units = static_cast<std::size_t>(process.num_units());
  const auto sites = static_cast<std::size_t>(process.num_sites());
  const auto lags = static_cast<std::size_t>(protocol.lag_samples);
  const std::size_t twins = touches + 1;  // the last one of each state is left alone
  ensure(!states.empty() && touches > 0, "states and touches");

  std::vector<Process::State> forks;
  for (const auto& state : states) forks.insert(forks.end(), twins, state);
  std::vector<double> pulse(forks.size() * sites);
  for (std::size_t k = 0; k < touches; ++k) {
    const Touch& touch = protocol.touches[k];
    ensure(touch.site >= 0 && touch.site < process.num_sites() && touch.unit >= 0 &&
               touch.unit < process.num_units(),
           "a touch of a site and a unit that exist");
    for (std::size_t s = 0; s < states.size(); ++s) {
      pulse[(s * twins + k) * sites + static_cast<std::size_t>(touch.site)] = touch.amplitude;
    }
  }
  const std::vector<double> rest(pulse.size());
  std::vector<double> seen(forks.size() * units);
  std::vector<double> responses(touches * lags * units);
  for (std::size_t t = 0; t < lags; ++t) {
    const bool pulsed = static_cast<std::int64_t>(t) < protocol.pulse_samples;
    process.step(forks, pulsed ? pulse : rest, seen);
    for (std::size_t s = 0; s < states.size(); ++s) {
      const double* alone = seen.data() + (s * twins + touches) * units;
      for (std::size_t k = 0; k < touches; ++k) {
        const double* touched = seen.data() + (s * twins + k) * units;
        double* response = responses.data() + (k * lags + t) * units;
        for (std::size_t i = 0; i < units; ++i) response[i] += touched[i] - alone[i];
      }
    }
  }
  for (double& x : responses) x /= static_cast<double>(states.size());
  return responses;
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
    const auto r = correlation(subject.subspan(k * size, size), candidate.subspan(k * size, size),
                               static_cast<std::size_t>(num_units),
                               static_cast<std::size_t>(protocol.touches[k].unit));
    defined = defined && r.has_value();
    sum += r.value_or(0);
  }
  if (defined) agreement.correlation = sum / static_cast<double>(touches);
  const double gain = root_mean_square(candidate) / root_mean_square(subject);
  if (std::isfinite(gain)) agreement.gain = gain;
  return agreement;
}

}  // namespace noesis

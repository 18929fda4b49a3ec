#include "physics/verdict/fork_exponent.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.hpp"
#include "core/math.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

bool is_variable(double entry) { return entry != std::floor(entry); }

/// Distance that twins are kept at.
double twin_distance(const Process::State& state, double relative) {
  double squares = 0;
  for (const double x : state) squares += is_variable(x) ? x * x : 0.0;
  return relative * std::max(1.0, std::sqrt(squares));
}

double distance_between(const Process::State& a, const Process::State& b) {
  double squares = 0;
  for (std::size_t k = 0; k < a.size(); ++k) squares += (b[k] - a[k]) * (b[k] - a[k]);
  return std::sqrt(squares);
}

/// The twin moved along the line between the two, to a factor of the distance.
void rescale(const Process::State& state, Process::State& twin, double factor) {
  for (std::size_t k = 0; k < state.size(); ++k) {
    twin[k] = state[k] + factor * (twin[k] - state[k]);
  }
}

Process::State shifted(const Process::State& state, std::uint64_t seed, std::uint32_t id) {
  Process::State twin = state;
  RandomSequence random(seed, Stream::kVerdict, id);
  for (double& x : twin) {
    if (is_variable(x)) x += random.normal();
  }
  return twin;
}

}  // namespace

std::optional<ForkExponent> fork_exponent(Process& process, std::span<const Process::State> states,
                                          std::uint64_t seed, const ForkOptions& options) {
  const std::size_t forks = states.size();
  ensure(forks >= 2, "at least two forks, for a standard error");
  const auto samples =
      std::max<std::int64_t>(1, std::llround(options.rescale / process.interval()));
  const double time = static_cast<double>(samples) * process.interval();
  const auto align = std::llround(options.align / time);
  const auto measured = std::max<std::int64_t>(1, std::llround(options.duration / time));

  std::vector<Process::State> twins;  // of fork k: 2 k and 2 k + 1
  std::vector<double> kept(forks);
  for (std::size_t k = 0; k < forks; ++k) {
    kept[k] = twin_distance(states[k], options.distance);
    twins.push_back(states[k]);
    twins.push_back(shifted(states[k], seed, static_cast<std::uint32_t>(k)));
    const double distance = distance_between(twins[2 * k], twins[2 * k + 1]);
    if (!(distance > 0)) return std::nullopt;
    rescale(twins[2 * k], twins[2 * k + 1], kept[k] / distance);
  }
  const std::vector<double> rest(twins.size() * static_cast<std::size_t>(process.num_sites()));
  std::vector<double> seen(twins.size() * static_cast<std::size_t>(process.num_units()));
  std::vector<double> growth(forks);
  for (std::int64_t interval = 0; interval < align + measured; ++interval) {
    for (std::int64_t s = 0; s < samples; ++s) process.step(twins, rest, seen);
    for (std::size_t k = 0; k < forks; ++k) {
      const double distance = distance_between(twins[2 * k], twins[2 * k + 1]);
      if (!(distance > 0) || !std::isfinite(distance)) return std::nullopt;
      if (interval >= align) growth[k] += math::log(distance / kept[k]);
      rescale(twins[2 * k], twins[2 * k + 1], kept[k] / distance);
    }
  }
  double mean = 0, squares = 0;
  for (double& g : growth) {
    g /= static_cast<double>(measured) * time;
    mean += g / static_cast<double>(forks);
  }
  for (const double g : growth) squares += (g - mean) * (g - mean);
  const auto n = static_cast<double>(forks);
  return ForkExponent{mean, std::sqrt(squares / (n - 1) / n)};
}

}  // namespace noesis

#include "env/tasks/health.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace noesis {
namespace {

constexpr double kSaturatedRate = 0.9;
constexpr double kReferenceTau = 100;

}  // namespace

double ramp(double x, double zero, double one) {
  return std::clamp((x - zero) / (one - zero), 0.0, 1.0);
}

double Health::value() const {
  return ramp(mean_rate, 0.6, 0.4) * ramp(saturated_fraction, 0.5, 0.2) * ramp(variation, 0.1, 0.3);
}

HealthWindows::HealthWindows(std::int64_t num_envs, std::int64_t num_neurons, std::int64_t length,
                             double reference_deviation)
    : num_neurons_(num_neurons),
      length_(length),
      reference_deviation_(reference_deviation),
      windows_(static_cast<std::size_t>(num_envs)) {
  ensure(length >= 1 && reference_deviation > 0, "a window has samples and a reference");
  for (Window& window : windows_) {
    window.samples.resize(static_cast<std::size_t>(length * num_neurons));
    window.sum.resize(static_cast<std::size_t>(num_neurons));
    window.squares.resize(static_cast<std::size_t>(num_neurons));
  }
}

void HealthWindows::clear(std::int64_t env) {
  Window& window = windows_[static_cast<std::size_t>(env)];
  window.count = window.saturated = 0;
  std::fill(window.sum.begin(), window.sum.end(), 0.0);
  std::fill(window.squares.begin(), window.squares.end(), 0.0);
}

void HealthWindows::add(std::int64_t env, std::span<const double> rates) {
  Window& window = windows_[static_cast<std::size_t>(env)];
  double* const place = window.samples.data() + window.count % length_ * num_neurons_;
  const bool replaces = window.count >= length_;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const double old = replaces ? place[i] : 0;
    window.sum[i] += rates[i] - old;
    window.squares[i] += rates[i] * rates[i] - old * old;
    window.saturated += (rates[i] > kSaturatedRate) - (old > kSaturatedRate);
    place[i] = rates[i];
  }
  ++window.count;
}

Health HealthWindows::measure(std::int64_t env) const {
  const Window& window = windows_[static_cast<std::size_t>(env)];
  const auto samples = static_cast<double>(std::min(window.count, length_));
  if (samples == 0) return {};
  double rate = 0, deviation = 0;
  for (std::size_t i = 0; i < window.sum.size(); ++i) {
    const double mean = window.sum[i] / samples;
    rate += mean;
    deviation += std::sqrt(std::max(0.0, window.squares[i] / samples - mean * mean));
  }
  const auto neurons = static_cast<double>(num_neurons_);
  return {.mean_rate = rate / neurons,
          .saturated_fraction = static_cast<double>(window.saturated) / (samples * neurons),
          .variation = deviation / neurons / reference_deviation_};
}

void HealthWindows::save(std::int64_t env, ByteWriter& out) const {
  const Window& window = windows_[static_cast<std::size_t>(env)];
  out.put(window.count);
  out.put(window.samples);
  out.put(window.sum);
  out.put(window.squares);
  out.put(window.saturated);
}

void HealthWindows::load(std::int64_t env, ByteReader& in) {
  Window window;
  in.get(window.count);
  in.get(window.samples);
  in.get(window.sum);
  in.get(window.squares);
  in.get(window.saturated);
  Window& mine = windows_[static_cast<std::size_t>(env)];
  if (window.count < 0 || window.samples.size() != mine.samples.size() ||
      window.sum.size() != mine.sum.size() || window.squares.size() != mine.squares.size()) {
    ByteReader::fail("a window of another length or brain");
  }
  mine = std::move(window);
}

double resting_deviation(const Subject& subject) {
  const ThreadArena arena(1);
  Subject quiet = subject;
  quiet.brain.noise.sigma = 0;
  const auto brain = make_simulation(quiet, 0, arena);
  const double interval_ms = subject.interval * subject.tau_ms;
  const auto samples = static_cast<std::int64_t>(kReferenceTau / subject.interval);
  const auto skipped = static_cast<std::int64_t>(subject.transient / subject.interval);
  HealthWindows window(1, subject.num_units, samples, 1);
  std::vector<double> rates(static_cast<std::size_t>(subject.num_units));
  for (std::int64_t k = 1; k <= skipped + samples; ++k) {
    brain->advance_to(static_cast<double>(k) * interval_ms);
    if (k <= skipped) continue;
    for (std::size_t i = 0; i < rates.size(); ++i) {
      rates[i] = brain->state().at(0, 0, static_cast<std::int64_t>(i));
    }
    window.add(0, rates);
  }
  const double deviation = window.measure(0).variation;
  if (deviation > 1e-6) return deviation;
  throw ConfigError(
      {.what = "the brain is still by itself, so that nothing says how much it should move",
       .where = "subject",
       .got = subject.name,
       .allowed = "a brain that is active when it is healthy",
       .next = "raise coupling, or take another connectome"});
}

}  // namespace noesis

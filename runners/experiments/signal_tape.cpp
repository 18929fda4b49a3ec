#include "runners/experiments/signal_tape.hpp"

#include <cmath>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

std::vector<double> sine_tape(const TapeOptions& options, std::int64_t num_values,
                              std::uint64_t seed) {
  std::vector<double> values;
  while (std::ssize(values) < num_values) {
    const auto step = std::ssize(values);
    const auto regime =
        static_cast<std::uint64_t>(options.regime_steps > 0 ? step / options.regime_steps : 0);
    const auto word = philox(seed, Stream::kTask, regime, 0);
    const SineTape tape(options, (static_cast<std::uint64_t>(word[0]) << 32) | word[1]);
    const std::int64_t last =
        options.regime_steps > 0 ? std::min(num_values, step + options.regime_steps) : num_values;
    for (std::int64_t n = step; n < last; ++n) values.push_back(tape.value(n));
  }
  return values;
}

std::vector<double> mackey_glass(std::int64_t num_values, std::uint64_t seed) {
  constexpr int kStepsPerUnit = 10;
  constexpr int kDelay = 17 * kStepsPerUnit;
  constexpr int kInterval = 3 * kStepsPerUnit;
  constexpr int kTransient = 1000 * kStepsPerUnit;
  constexpr double h = 1.0 / kStepsPerUnit;
  const auto growth = [](double past) { return 0.2 * past / (1 + std::pow(past, 10)); };
  RandomSequence random(seed, Stream::kTask);
  std::vector<double> x(kDelay + 1, 0.9 + 0.6 * (random.uniform() - 0.5));
  std::vector<double> values;
  for (std::int64_t n = 1; std::ssize(values) < num_values; ++n) {
    // Heun's step: both delayed values are on the grid.
    const std::size_t now = x.size() - 1;
    const double before = growth(x[now - kDelay]), after = growth(x[now - kDelay + 1]);
    const double slope = before - 0.1 * x[now];
    const double end = after - 0.1 * (x[now] + h * slope);
    x.push_back(x[now] + h * (slope + end) / 2);
    if (n > kTransient && n % kInterval == 0) values.push_back(2 * (x.back() - 0.9));
  }
  return values;
}

}  // namespace

std::vector<double> signal_tape(const std::string& kind, const TapeOptions& sines,
                                std::int64_t num_values, std::uint64_t seed) {
  if (kind == "silence") return std::vector<double>(static_cast<std::size_t>(num_values));
  if (kind == "chaotic") return mackey_glass(num_values, seed);
  ensure(kind == "sines" || kind == "switching", "a kind of tape");
  TapeOptions options = sines;
  if (kind == "sines") options.regime_steps = 0;
  return sine_tape(options, num_values, seed);
}

double persistence_error(const std::vector<double>& tape) {
  double squares = 0;
  for (std::size_t t = 1; t < tape.size(); ++t) {
    squares += (tape[t] - tape[t - 1]) * (tape[t] - tape[t - 1]);
  }
  return std::sqrt(squares / static_cast<double>(tape.size() - 1));
}

}  // namespace noesis

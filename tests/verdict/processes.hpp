#pragma once
/// Small processes with known answers, for tests of verdicts.

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "physics/process.hpp"

namespace noesis::test {

/// State: seed, steps, x. Every unit is observed and touched; x -> map(x, inputs, seed, step).
class MapProcess : public Process {
 public:
  using Map = std::function<void(std::span<double> x, std::span<const double> inputs,
                                 std::uint64_t seed, std::uint64_t step)>;

  MapProcess(std::int64_t num_units, double interval, Map map)
      : units_(num_units), interval_(interval), map_(std::move(map)) {}

  std::int64_t num_units() const override { return units_; }
  std::int64_t num_sites() const override { return units_; }
  double interval() const override { return interval_; }
  State start(std::uint64_t seed) override {
    State state = {static_cast<double>(seed), 0};
    RandomSequence random(seed, Stream::kInitialState);
    for (std::int64_t i = 0; i < units_; ++i) state.push_back(random.uniform());
    return state;
  }
  void step(std::span<State> states, std::span<const double> inputs,
            std::span<double> observations) override {
    const auto n = static_cast<std::size_t>(units_);
    for (std::size_t k = 0; k < states.size(); ++k) {
      State& state = states[k];
      map_(std::span(state).subspan(2), inputs.subspan(k * n, n),
           static_cast<std::uint64_t>(state[0]), static_cast<std::uint64_t>(state[1]));
      state[1] += 1;
      for (std::size_t i = 0; i < n; ++i) observations[k * n + i] = state[2 + i];
    }
  }

 private:
  std::int64_t units_;
  double interval_;
  Map map_;
};

/// x -> 4 x (1 - x): largest exponent ln 2 a step.
inline MapProcess logistic(std::int64_t num_units, double interval) {
  return {num_units, interval, [](auto x, auto, auto, auto) {
            for (double& v : x) v = 4 * v * (1 - v);
          }};
}

/// x -> x / 2 + noise of the seed.
inline MapProcess noisy_decay(std::int64_t num_units, double interval) {
  return {num_units, interval, [](auto x, auto inputs, std::uint64_t seed, std::uint64_t step) {
            for (std::size_t i = 0; i < x.size(); ++i) {
              x[i] = x[i] / 2 + inputs[i] +
                     normal_pair(seed, Stream::kNoise, step, static_cast<std::uint32_t>(i)).first;
            }
          }};
}

}  // namespace noesis::test

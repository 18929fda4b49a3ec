#include "physics/discovery/node_map.hpp"

#include <algorithm>
#include <cmath>

namespace noesis {
namespace {

/// E and I after `num_steps` Runge-Kutta steps; S is double, or Dual for a derivative.
template <class S>
std::array<S, 2> advance(const WilsonCowan<double>& model, double dt, std::int64_t num_steps, S e,
                         S i, S input) {
  std::array<S, 2> x = {e, i};
  const S none(0.0);
  for (std::int64_t n = 0; n < num_steps; ++n) {
    std::array<S, 2> k1, k2, k3, k4, at;
    const auto probe = [&](const std::array<S, 2>& slope, double h) {
      for (std::size_t c = 0; c < 2; ++c) at[c] = x[c] + S(h) * slope[c];
      return at.data();
    };
    model.derivative(x.data(), none, none, input, k1.data());
    model.derivative(probe(k1, dt / 2), none, none, input, k2.data());
    model.derivative(probe(k2, dt / 2), none, none, input, k3.data());
    model.derivative(probe(k3, dt), none, none, input, k4.data());
    for (std::size_t c = 0; c < 2; ++c) {
      x[c] = x[c] + S(dt / 6) * (k1[c] + S(2.0) * (k2[c] + k3[c]) + k4[c]);
    }
  }
  return x;
}

}  // namespace

NodeMap::NodeMap(const Subject& subject)
    : model_(subject.brain.model.wilson_cowan),
      dt_ms_(subject.brain.integrator.dt_ms),
      num_steps_(std::llround(subject.interval * subject.tau_ms / dt_ms_)) {}

NodeStep NodeMap::step(double e, double i, double input) const {
  using D = Dual<double>;
  const auto by_input = advance<D>(model_, dt_ms_, num_steps_, D(e), D(i), D(input, 1));
  const auto by_i = advance<D>(model_, dt_ms_, num_steps_, D(e), D(i, 1), D(input));
  return {by_input[0].value, by_input[1].value, by_input[0].slope,
          by_input[1].slope, by_i[0].slope,     by_i[1].slope};
}

double NodeMap::input_between(double e, double i, double e_after, double guess) const {
  using D = Dual<double>;
  constexpr int kMaxIterations = 40;
  constexpr double kLargestStep = 2;  // the sigmoid is far from linear beyond
  double input = std::clamp(guess, -kLargestInput, kLargestInput);
  double best = input;
  double smallest = std::numeric_limits<double>::infinity();
  for (int n = 0; n < kMaxIterations; ++n) {
    const D after = advance<D>(model_, dt_ms_, num_steps_, D(e), D(i), D(input, 1))[0];
    const double miss = e_after - after.value;
    if (std::abs(miss) < smallest) {
      smallest = std::abs(miss);
      best = input;
    }
    if (std::abs(miss) < 1e-14) break;
    const double move =
        std::clamp(miss / std::max(after.slope, 1e-12), -kLargestStep, kLargestStep);
    const double next = std::clamp(input + move, -kLargestInput, kLargestInput);
    if (std::abs(next - input) < 1e-12) break;
    input = next;
  }
  return best;
}

}  // namespace noesis

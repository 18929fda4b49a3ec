// Stochastic integration against finer steps along the same path of the noise.

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/rng.hpp"
#include "physics/integrator.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kPaths = 400;
constexpr int kFinest = 1024;  // steps in a unit of time
constexpr double kSigma = 0.5;

/// x' = x - x^3, once for each environment.
class DoubleWell final : public System<double> {
 public:
  BatchShape shape() const override { return {kPaths, 1, 1, kTileWidth<double>}; }
  void derivative(const State<double>& x, State<double>& dxdt) override {
    for (std::int64_t n = 0; n < x.size(); ++n) {
      dxdt.data()[n] = x.data()[n] - std::pow(x.data()[n], 3);
    }
  }
  void tangent(const State<double>&, const State<double>&, State<double>&) override {}
};

/// States at time 1 of all paths, by steps of 1 / num_steps.
std::vector<double> run(const char* name, int num_steps) {
  const ThreadArena arena(1);
  DoubleWell system;
  State<double> x(system.shape()), noise(system.shape());
  const auto stepper = make_fixed_stepper<double>(name, arena);
  const int pieces = kFinest / num_steps;
  for (int step = 0; step < num_steps; ++step) {
    for (std::int64_t path = 0; path < kPaths; ++path) {
      double sum = 0;  // the coarse increment is the sum of the fine ones
      for (int piece = 0; piece < pieces; ++piece) {
        sum += normal_pair(1, Stream::kNoise, static_cast<std::uint64_t>(step * pieces + piece),
                           static_cast<std::uint32_t>(path))
                   .first;
      }
      noise.at(path, 0, 0) = kSigma * sum / std::sqrt(double{kFinest});
    }
    stepper->step(system, x, 1.0 / num_steps, &noise);
  }
  std::vector<double> ends;
  for (std::int64_t path = 0; path < kPaths; ++path) ends.push_back(x.at(path, 0, 0));
  return ends;
}

double strong_error(const char* name, int num_steps) {
  static const std::vector<double> exact = run("heun", kFinest);
  const std::vector<double> ends = run(name, num_steps);
  double sum = 0;
  for (std::size_t k = 0; k < ends.size(); ++k) sum += std::abs(ends[k] - exact[k]);
  return sum / static_cast<double>(ends.size());
}

// Mutations: noise scaled by dt, noise of the next step, the predictor of Heun without noise (its
// error then is that of Euler).
TEST(StrongOrder, OneWithAdditiveNoiseAndHeunMissesLess) {
  for (const char* name : {"euler", "heun", "rk4"}) {
    const double order = std::log2(strong_error(name, 16) / strong_error(name, 32));
    EXPECT_NEAR(order, 1, 0.2) << name;
  }
  EXPECT_LT(strong_error("heun", 32), 0.75 * strong_error("euler", 32));
  EXPECT_LT(strong_error("heun", 32), 0.75 * strong_error("rk4", 32));
}

}  // namespace
}  // namespace noesis

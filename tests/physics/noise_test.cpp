// The law of the noise: sigma sqrt(dt / tau) N(0, 1), independent between neurons, state variables,
// environments and steps.

#include "physics/noise.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/rng.hpp"
#include "physics/simulation.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

using Values = std::vector<double>;

/// Without synapses, with a time constant so long that nothing but noise moves the state.
BrainSpec frozen_spec(double sigma, double dt_over_tau) {
  BrainSpec spec;
  spec.model.wilson_cowan.tau_e_ms = spec.model.wilson_cowan.tau_i_ms = 1e12;
  spec.integrator = {.name = "euler", .dt_ms = 1};
  spec.noise.sigma = sigma * std::sqrt(dt_over_tau / 1e-12);
  return spec;
}

struct Moments {
  double mean = 0, sd = 0, kurtosis = 0;
};
Moments moments(const Values& x) {
  const auto n = static_cast<double>(x.size());
  Moments m;
  for (const double v : x) m.mean += v / n;
  double fourth = 0;
  for (const double v : x) {
    const double d = v - m.mean;
    m.sd += d * d / n;
    fourth += d * d * d * d / n;
  }
  m.kurtosis = fourth / (m.sd * m.sd);
  m.sd = std::sqrt(m.sd);
  return m;
}

double correlation(const Values& x, const Values& y) {
  const Moments a = moments(x), b = moments(y);
  double sum = 0;
  for (std::size_t k = 0; k < x.size(); ++k) sum += (x[k] - a.mean) * (y[k] - b.mean);
  return sum / (static_cast<double>(x.size()) * a.sd * b.sd);
}

/// Increments of every (env, component, neuron) at each step.
std::vector<Values> increments(const BrainSpec& spec, std::int64_t num_neurons,
                               const std::vector<std::uint64_t>& seeds, int num_steps) {
  const ThreadArena arena(1);
  const auto brain = std::make_shared<Connectome>(num_neurons, std::vector<Synapse>{});
  Simulation<double> sim({brain}, spec, seeds, arena);
  std::vector<Values> series;
  for (int step = 1; step <= num_steps; ++step) {
    const State<double> before = sim.state();
    sim.advance_to(step * spec.integrator.dt_ms);
    std::size_t s = 0;
    for (std::int64_t env = 0; env < static_cast<std::int64_t>(seeds.size()); ++env) {
      const Values old = testing::column(before, env), now = testing::column(sim.state(), env);
      for (std::size_t i = 0; i < old.size(); ++i, ++s) {
        if (step == 1) series.emplace_back();
        series[s].push_back(now[i] - old[i]);
      }
    }
  }
  return series;
}

// Mutations: dt / tau without the root, one tau for all models, uniform instead of normal numbers.
TEST(Noise, IncrementsAreNormalWithTheStatedDeviation) {
  for (const double dt_over_tau : {0.01, 0.25}) {
    Values all;
    for (const Values& one : increments(frozen_spec(0.3, dt_over_tau), 50, {1, 2, 3}, 400)) {
      all.insert(all.end(), one.begin(), one.end());
    }
    const Moments m = moments(all);  // n = 120,000: standard error of sd 0.2 %, of kurtosis 0.014
    EXPECT_NEAR(m.sd / (0.3 * std::sqrt(dt_over_tau)), 1, 0.008);
    EXPECT_NEAR(m.mean / m.sd, 0, 0.012);
    EXPECT_NEAR(m.kurtosis, 3, 0.06);
  }
}

// Mutations: one number for E and I, for all neurons, for all environments, or for all steps.
TEST(Noise, IsIndependentInEveryDirection) {
  constexpr int kSteps = 4000;
  const double limit = 4.5 / std::sqrt(kSteps);  // 4.5 standard errors
  const std::vector<Values> series = increments(frozen_spec(1, 1), 3, {8, 9}, kSteps);
  ASSERT_EQ(series.size(), 12u);
  for (std::size_t a = 0; a < series.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      EXPECT_LT(std::abs(correlation(series[a], series[b])), limit) << a << " and " << b;
    }
    const Values early(series[a].begin(), series[a].end() - 1);
    const Values late(series[a].begin() + 1, series[a].end());
    EXPECT_LT(std::abs(correlation(early, late)), limit) << a << " in time";
  }
}

// x_{n+1} = (1 - h) x_n + sigma sqrt(h) N, h = dt / tau, has variance sigma^2 / (2 - h) at rest.
// Mutations: noise before the step, or once a stage; tau left out.
TEST(Noise, AUnitAloneIsAnOrnsteinUhlenbeckProcess) {
  constexpr std::int64_t kUnits = 20000;
  constexpr double kSigma = 0.2, kStep = 0.2;
  BrainSpec spec;
  spec.model.name = "rate";
  spec.model.rate.tau_ms = 5;
  spec.integrator = {.name = "euler", .dt_ms = kStep * 5};
  spec.noise.sigma = kSigma;
  spec.initial = {0, 0};
  const ThreadArena arena(1);
  const auto brain = std::make_shared<Connectome>(kUnits, std::vector<Synapse>{});
  Simulation<double> sim({brain}, spec, {3}, arena);
  sim.advance_to(100);
  const Values before = testing::column(sim.state(), 0);
  sim.advance_to(105);
  const Values after = testing::column(sim.state(), 0);
  EXPECT_NEAR(moments(after).sd / (kSigma / std::sqrt(2 - kStep)), 1, 0.02);
  EXPECT_NEAR(correlation(before, after), std::pow(1 - kStep, 5), 0.025);
}

// Red when what is drawn many at a time differs in a bit from what is drawn alone, at any end.
TEST(Noise, ManyAreWhatEachIsAlone) {
  std::vector<std::int32_t> ids;
  for (std::int32_t k = 0; k < 200; ++k) ids.push_back(1'000'003 * (k % 7) + 17 * k);
  for (const std::int64_t count : {1, 2, 3, 63, 64, 200}) {
    std::vector<double> first(200, 9), second(200, 9);
    for (const bool has_ids : {false, true}) {
      normal_pairs(12, 1'000'000'007, 1, has_ids ? ids.data() : nullptr, 5, count, first.data(),
                   second.data());
      for (std::int64_t k = 0; k < count; ++k) {
        const auto at = static_cast<std::size_t>(k);
        const auto id = static_cast<std::uint32_t>(has_ids ? ids[at] : 5 + k);
        const RandomPair alone = normal_pair(12, Stream::kNoise, 1'000'000'007, id, 1);
        EXPECT_EQ(first[at], alone.first);
        EXPECT_EQ(second[at], alone.second);
      }
      for (auto k = static_cast<std::size_t>(count); k < 200; ++k) EXPECT_EQ(first[k], 9);
    }
  }
}

}  // namespace
}  // namespace noesis

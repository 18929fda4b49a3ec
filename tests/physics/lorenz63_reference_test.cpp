// Lorenz's model through the whole of the simulation: a neuron without synapses. Exponents: Sprott,
// Chaos and Time-Series Analysis, Oxford 2003. Mutations: y and z exchanged, beta 8 / 3 in
// integers, a Jacobian entry with the wrong sign, one dt for the state and another for the
// tangents.

#include <gtest/gtest.h>

#include "physics/simulation.hpp"
#include "tests/physics/attractor.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

using Values = std::vector<double>;

BrainSpec lorenz_spec(const std::string& integrator) {
  BrainSpec spec;
  spec.model.name = "lorenz63";
  spec.integrator.name = integrator;
  spec.integrator.dt_ms = 0.01;
  spec.integrator.rtol = 1e-12;
  spec.integrator.atol = 1e-12;
  spec.initial = {1, 1};
  return spec;
}

ConnectomePtr alone() { return std::make_shared<Connectome>(1, std::vector<Synapse>{}); }

Values state_at(const std::string& integrator, double dt, double t) {
  BrainSpec spec = lorenz_spec(integrator);
  spec.integrator.dt_ms = dt;
  const ThreadArena arena(1);
  Simulation<double> sim({alone()}, spec, {1}, arena);
  sim.advance_to(t);
  return testing::column(sim.state(), 0);
}

// Classical Runge-Kutta, h = 0.01 from (1, 1, 1), after 1 and 100 steps.
TEST(Lorenz63Reference, KnownSteps) {
  const Values first = state_at("rk4", 0.01, 0.01), hundredth = state_at("rk4", 0.01, 1);
  const Values expected_first = {1.01256719107361, 1.25991779894527, .984890971791605};
  const Values expected_hundredth = {-9.3786158072363, -8.35705995529234, 29.3624037501257};
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(first[c], expected_first[c], 1e-13);
    EXPECT_NEAR(hundredth[c], expected_hundredth[c], 1e-8);
  }
}

// Two methods that share no coefficient find the same flow.
TEST(Lorenz63Reference, AdaptiveStepsFindTheSameFlow) {
  const Values fixed = state_at("rk4", 0.0005, 5), adaptive = state_at("dopri5", 0.01, 5);
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(fixed[c], adaptive[c], 1e-6);
}

TEST(Lorenz63Reference, Spectrum) {
  const ThreadArena arena(1);
  Simulation<double> sim({alone()}, lorenz_spec("rk4"), {1}, arena);
  const LyapunovResult result =
      lyapunov_spectrum(sim.system(), sim.state(),
                        {.dt = 0.01, .transient = 100, .duration = 1e4, .num_exponents = 3});
  EXPECT_NEAR(result.exponents[0], 0.9056, 0.005);
  EXPECT_NEAR(result.exponents[1], 0, 1e-3);
  EXPECT_NEAR(result.exponents[2], -14.5723, 0.006);
  EXPECT_NEAR(result.sum, -(10 + 1 + 8.0 / 3), 1e-3);
  ASSERT_TRUE(result.kaplan_yorke.has_value());
  EXPECT_NEAR(*result.kaplan_yorke, 2.062, 0.003);
}

}  // namespace
}  // namespace noesis

// Convergence orders, equality with Boost.Odeint's own containers, dense output, failures.

#include "physics/integrator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/numeric/odeint.hpp>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "physics/simulation.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

namespace odeint = boost::numeric::odeint;
using Plain = std::vector<double>;

BrainSpec smooth_brain(const char* integrator, double dt) {
  BrainSpec spec = testing::wilson_cowan_spec(1);
  spec.integrator.name = integrator;
  spec.integrator.dt_ms = dt;
  return spec;
}

Plain run(const BrainSpec& spec, double end) {
  const ThreadArena arena(1);
  Simulation<double> sim({testing::uneven_brain(20, 5, 3)}, spec, {4}, arena);
  sim.advance_to(end);
  return testing::column(sim.state(), 0);
}

double distance(const Plain& a, const Plain& b) {
  double norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) norm = std::max(norm, std::abs(a[i] - b[i]));
  return norm;
}

// Mutations: a wrong tableau coefficient, one stage at the wrong state, dt halved in one place.
void expect_order(const char* name, double order) {
  const Plain exact = run(smooth_brain("rk4", 0.02 / 32), 2.0);
  const double coarse = distance(run(smooth_brain(name, 0.02), 2.0), exact);
  const double fine = distance(run(smooth_brain(name, 0.01), 2.0), exact);
  EXPECT_NEAR(std::log2(coarse / fine), order, 0.25) << name;
}
TEST(Integrator, OrderOfEuler) { expect_order("euler", 1); }
TEST(Integrator, OrderOfHeun) { expect_order("heun", 2); }
TEST(Integrator, OrderOfRk4) { expect_order("rk4", 4); }

/// The brain as a plain function for Odeint's own vector steppers.
class PlainSystem {
 public:
  explicit PlainSystem(const BrainSpec& spec)
      : arena_(1),
        sim_({testing::uneven_brain(20, 5, 3)}, spec, {4}, arena_),
        x_(sim_.shape()),
        slope_(sim_.shape()) {}
  Plain start() const { return testing::column(sim_.state(), 0); }
  void operator()(const Plain& x, Plain& dxdt, double) {
    std::copy(x.begin(), x.end(), x_.data());
    sim_.system().derivative(x_, slope_);
    dxdt.assign(slope_.data(), slope_.data() + slope_.size());
  }

 private:
  ThreadArena arena_;
  Simulation<double> sim_;
  State<double> x_, slope_;
};

// Mutation: reordering the terms of ScaleSum.
TEST(Integrator, Rk4HasTheBitsOfOdeintOnVectors) {
  const BrainSpec spec = smooth_brain("rk4", 0.05);
  PlainSystem system(spec);
  Plain x = system.start();
  odeint::runge_kutta4<Plain> stepper;
  for (int k = 0; k < 40; ++k) stepper.do_step(std::ref(system), x, k * 0.05, 0.05);
  EXPECT_EQ(run(spec, 2.0), x);
}

// One environment: our controller takes exactly Odeint's steps. Mutations: factor 0.9, exponent or
// norm changed, |dt x'| left out of the scale.
TEST(Integrator, Dopri5TakesTheStepsOfOdeint) {
  BrainSpec spec = smooth_brain("dopri5", 0.3);
  spec.integrator.rtol = 1e-6;
  spec.integrator.atol = 1e-8;
  PlainSystem system(spec);
  Plain x = system.start();
  auto stepper = odeint::make_controlled<odeint::runge_kutta_dopri5<Plain>>(1e-8, 1e-6);
  double t = 0, dt = 0.3;
  std::int64_t accepted = 0, rejected = 0;
  Plain times;
  while (t < 20) {
    if (stepper.try_step(std::ref(system), x, t, dt) == odeint::success) {
      ++accepted;
      times.push_back(t);
    } else {
      ++rejected;
    }
  }
  const ThreadArena arena(1);
  Simulation<double> sim({testing::uneven_brain(20, 5, 3)}, spec, {4}, arena);
  sim.advance_to(20, std::numeric_limits<double>::infinity());
  EXPECT_EQ(sim.statistics(0).accepted, accepted);
  EXPECT_EQ(sim.statistics(0).rejected, rejected);
  EXPECT_GT(rejected, 0);
  // The ends of steps are Odeint's to rounding: dense output at the last one is its state.
  Simulation<double> again({testing::uneven_brain(20, 5, 3)}, spec, {4}, arena);
  again.advance_to(times.back(), std::numeric_limits<double>::infinity());
  EXPECT_LT(distance(testing::column(again.state(), 0), x), 1e-12);
}

// Mutations: a wrong dense weight; stepping to the observation times.
TEST(Integrator, DenseOutputIsAccurateAndChangesNoStep) {
  BrainSpec spec = smooth_brain("dopri5", 0.01);
  spec.integrator.rtol = 1e-9;
  spec.integrator.atol = 1e-10;
  const ThreadArena arena(1);
  const double inf = std::numeric_limits<double>::infinity();
  Simulation<double> sparse({testing::uneven_brain(20, 5, 3)}, spec, {4}, arena);
  Simulation<double> dense({testing::uneven_brain(20, 5, 3)}, spec, {4}, arena);
  sparse.advance_to(3.0, inf);
  for (int k = 1; k <= 300; ++k) {
    dense.advance_to(k * 0.01, inf);
    if (k % 50 == 0) {
      const Plain exact = run(smooth_brain("rk4", 0.01 / 4), k * 0.01);
      EXPECT_LT(distance(testing::column(dense.state(), 0), exact), 2e-8) << k;
    }
  }
  EXPECT_EQ(testing::column(sparse.state(), 0), testing::column(dense.state(), 0));
  EXPECT_EQ(sparse.statistics(0).accepted, dense.statistics(0).accepted);
}

// A relu^3 network with positive feedback blows up in finite time.
TEST(Integrator, BlowUpIsOneClearError) {
  BrainSpec spec;
  spec.model.name = "rate";
  spec.model.rate = {.tau_ms = 1, .activation = "relu_power", .power = 3};
  spec.drive.mean = 2;
  spec.integrator.name = "dopri5";
  spec.integrator.dt_ms = 0.1;
  const std::vector<Synapse> loop = {{0, 1, 3.0f}, {1, 0, 3.0f}};
  const auto brain = std::make_shared<Connectome>(2, loop);
  const ThreadArena arena(1);
  Simulation<double> sim({brain}, spec, {1}, arena);
  try {
    sim.advance_to(100);
    FAIL() << "no error";
  } catch (const RunError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("environment 0, t = "));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("neuron "));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("step size underflow"));
    EXPECT_EQ(error.exit_code(), 1);
  }
  spec.integrator.name = "euler";
  Simulation<double> fixed({brain}, spec, {1}, arena);
  EXPECT_THROW(fixed.advance_to(100), RunError);
}

TEST(Integrator, StepBudgetIsEnforced) {
  BrainSpec spec = smooth_brain("dopri5", 0.01);
  spec.integrator.max_steps = 10;
  const ThreadArena arena(1);
  Simulation<double> sim({testing::uneven_brain(20, 5, 3)}, spec, {4}, arena);
  EXPECT_THROW(sim.advance_to(100), RunError);
}

TEST(Integrator, NoiseNeedsFixedSteps) {
  BrainSpec spec = smooth_brain("dopri5", 0.01);
  spec.noise.sigma = 0.1;
  const ThreadArena arena(1);
  EXPECT_THROW(Simulation<double>({testing::uneven_brain(20, 5, 3)}, spec, {4}, arena),
               ConfigError);
}

}  // namespace
}  // namespace noesis
